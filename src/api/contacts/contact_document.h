#pragma once

// The contact as JSON ("subscriber" in this API's own words): reading what clients send, writing what they get.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/json_body.h"
#include "api/problems.h"
#include "domain/contact.h"

namespace posthaste::contacts {

// The members a request carried. An outer optional that is empty means: not mentioned.
struct ContactChanges {
    std::optional<UserId> user;  // when it is created
    std::optional<std::string> email;
    std::optional<std::optional<std::string>> first_name;
    std::optional<std::optional<std::string>> last_name;
    std::optional<std::vector<std::string>> tags;
    std::optional<std::string> custom_fields;
    std::optional<ContactStatus> status;

    void apply_to(Contact& contact) const;
};

enum class Purpose : unsigned char { create, update };

// Adds a problem for everything that is wrong with the body; the result counts only when there is none.
[[nodiscard]] ContactChanges read_contact(Problems& problems, std::string_view body,
                                          Purpose purpose);

// An e-mail address, as the member "email" of a body.
[[nodiscard]] std::optional<std::string> read_email(Problems& problems, const json::value& value);
// The status that a list is narrowed to.
[[nodiscard]] std::optional<ContactStatus> read_status_query(Problems& problems,
                                                             std::string_view query);

void append_contact(std::string& out, const Contact& contact);

}  // namespace posthaste::contacts
