#pragma once

// Endpoints as the native API reads and writes them; also for routes that show them among other things.

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "api/native/body.h"
#include "api/native/query.h"
#include "api/native/session.h"
#include "domain/directory.h"
#include "domain/filter.h"
#include "domain/model.h"
#include "ports/task.h"

namespace posthaste::native {

enum class EndpointForm : std::uint8_t {
    create,   // EndpointIn: with a secret and headers
    replace,  // EndpointUpdate: what is omitted is reset
    patch,    // EndpointPatch: what is omitted stays
};

struct EndpointInput {
    EndpointForm form = EndpointForm::create;
    Member<std::string> url;  // normalised
    Member<std::string> description;
    Member<std::string> uid;
    Member<std::uint32_t> throttle_rate;
    Member<std::int64_t> version;
    Member<bool> is_disabled;
    Member<std::vector<std::string>> event_types;
    Member<std::vector<std::string>> channels;
    Member<std::string> filter;
    Member<Metadata> metadata;
    Member<std::string> secret;  // create
    Member<Metadata> headers;    // create

    void apply_to(Endpoint& endpoint, Timestamp now) const;
};

struct EndpointRules {
    const Directory& directory;
    OrganizationId organization;
    bool https_only = false;
};
// Meaningful when the body is ok().
[[nodiscard]] EndpointInput read_endpoint(BodyReader& body, EndpointForm form,
                                          const EndpointRules& rules);

// A filter, as an object or as a string that holds one; its text, compiled once to see that it compiles.
[[nodiscard]] Member<std::string> read_filter(BodyReader& body, Presence presence);
[[nodiscard]] std::string describe(const FilterFault& fault);

// The members of an EndpointOut, but for its metadata.
void write_endpoint(ObjectWriter& writer, const Endpoint& endpoint);
void append_endpoint(std::string& out, const Endpoint& endpoint);

// Stores a new endpoint of the scope's application, with a key if it has none yet, and tells of it.
[[nodiscard]] Task<Result<Endpoint>> store_new_endpoint(Call call, Scope scope,
                                                        EndpointInput input);

// The bodies of the routes below an endpoint, for other paths to the same objects (operational-webhook). `scope` has
// application and endpoint as far as the route needs them.
[[nodiscard]] Task<HttpResponse> answer_endpoint_list(Call call, Scope scope, Paging paging);
[[nodiscard]] Task<HttpResponse> answer_endpoint_creation(Call call, Scope scope);
[[nodiscard]] Task<HttpResponse> answer_endpoint_replacement(Call call, Scope scope);
[[nodiscard]] Task<HttpResponse> answer_endpoint_deletion(Call call, Scope scope);
[[nodiscard]] Task<HttpResponse> answer_rotation(Call call, Scope scope);
[[nodiscard]] HttpResponse answer_secret(const Scope& scope);
[[nodiscard]] HttpResponse answer_headers(const Scope& scope);
[[nodiscard]] Task<HttpResponse> answer_header_replacement(Call call, Scope scope);

}  // namespace posthaste::native
