#pragma once

// The user as JSON: reading what clients send, writing what they get. Passwords are never sent back, in errors neither.

#include <cstddef>
#include <string>
#include <string_view>

#include "api/problems.h"
#include "domain/model.h"
#include "domain/wipe.h"

namespace posthaste::contacts {

// In characters, as in the original.
inline constexpr std::size_t kPasswordMin = 6;
inline constexpr std::size_t kPasswordMax = 40;

struct NewUser {
    std::string email;
    std::string full_name;  // empty: none
    bool is_active = true;
    WipedText password;
};

enum class SignUp : unsigned char {
    by_somebody,  // POST /users/: may say whether the user is active
    by_the_user,  // POST /users/signup
};

// Adds a problem for everything that is wrong with the body; the result counts only when there is none.
[[nodiscard]] NewUser read_new_user(Problems& problems, std::string_view body, SignUp sign_up);

void append_user(std::string& out, const User& user);

}  // namespace posthaste::contacts
