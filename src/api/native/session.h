#pragma once

// Who asks, and for what: the token of a request, the organization and application it speaks for, and the objects that the
// path names. Verified tokens are remembered (bounded), since signatures cost more than all the rest of a small request.
// One Sessions per reactor, used on its executor only.

#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "api/native/token.h"
#include "api/route.h"
#include "base/id.h"
#include "domain/directory.h"

namespace posthaste::native {

struct Principal {
    OrganizationId organization;
    std::string organization_name;  // as the token spells it
    std::string subject;
    bool is_application = false;               // an application's token
    std::optional<ApplicationId> application;  // its application; none when the id cannot be one
    std::vector<std::string> feature_flags;
};
using PrincipalPtr = std::shared_ptr<const Principal>;

// What a route asks of the token.
enum class Level : std::uint8_t {
    organization,  // "O": an organization's token, else 403
    application,   // "A": or one of the application in the path, else 404
    either,        // "R": or one of any application of the organization
};

// Everything a handler needs to know about its caller. The objects are those of one snapshot.
struct Scope {
    PrincipalPtr principal;
    DirectoryPtr directory;
    PreparedApplicationPtr application;  // enter_application, enter_endpoint
    PreparedEndpointPtr endpoint;        // enter_endpoint; live
};
using Entered = std::expected<Scope, HttpResponse>;

// Checks the token; the answer is 401, 400 or 403.
[[nodiscard]] Entered enter(const Call& call, Level level);
// Also finds the application that the first param names, by id or uid; else 404.
[[nodiscard]] Entered enter_application(const Call& call, Level level);
// Also finds the live endpoint that param `index` names, by id or uid; else 404.
[[nodiscard]] Entered enter_endpoint(const Call& call, Level level, std::size_t index = 1);

// By id or uid (percent-decoded); null when there is none, or it belongs to somebody else.
[[nodiscard]] PreparedApplicationPtr find_application(const Directory& directory,
                                                      OrganizationId organization,
                                                      std::string_view id_or_uid);
[[nodiscard]] PreparedEndpointPtr find_endpoint(const Directory& directory,
                                                ApplicationId application,
                                                std::string_view id_or_uid);

// The id that an organization's name stands for: the one it spells, else one made from its hash.
[[nodiscard]] OrganizationId organization_id(std::string_view name);

// Stores the caller's organization with its first object.
[[nodiscard]] Task<Result<void>> ensure_organization(Call call, PrincipalPtr principal);

class Sessions {
public:
    explicit Sessions(const TokenSettings& settings);
    ~Sessions();
    Sessions(const Sessions&) = delete;
    Sessions& operator=(const Sessions&) = delete;

    [[nodiscard]] std::expected<PrincipalPtr, HttpResponse> authenticate(const HttpRequest& request,
                                                                         Timestamp now);
    // A token limited to one application.
    [[nodiscard]] Result<std::string> sign(const TokenClaims& claims) const;

private:
    struct Known {
        PrincipalPtr principal;
        Timestamp from;
        Timestamp until;
    };
    struct TextHash {
        using is_transparent = void;
        [[nodiscard]] std::size_t operator()(std::string_view text) const {
            return std::hash<std::string_view>{}(text);
        }
    };

    std::unique_ptr<const TokenKeys>
        keys_;  // null: the settings name no usable key, nobody gets in
    std::unordered_map<std::string, Known, TextHash, std::equal_to<>> known_;
};

}  // namespace posthaste::native
