#pragma once

// Contacts as records: the parent is the user, the name the e-mail address in lower case, the label the status.

#include "base/result.h"
#include "domain/contact.h"
#include "ports/record.h"

namespace posthaste {

[[nodiscard]] Record to_record(const Contact& contact);
// `corrupt` when the record is not what to_record() makes.
[[nodiscard]] Result<Contact> to_contact(const Record& record);

}  // namespace posthaste
