#pragma once

// Mailing lists: the contacts of each user. A change is stored together with the event that tells the user's webhooks of it
// (outbox.h): neither can be without the other. Contacts are not audited, for what a list held must be gone once it is
// deleted. One per reactor, on its executor; lists are read page by page from the store.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/result.h"
#include "domain/contact.h"
#include "domain/id_generator.h"
#include "domain/model.h"
#include "engine/outbox.h"
#include "ports/clock.h"
#include "ports/entropy.h"
#include "ports/store.h"
#include "ports/task.h"

namespace posthaste {

// How long the lists are, so that whoever adds to one need not count it. Exact, unless a list was forgotten for room while
// it changed. Shared by all reactors; thread-safe.
class ContactCounts {
public:
    [[nodiscard]] std::optional<std::uint64_t> find(UserId user) const;
    // Unless it is known by now.
    void learn(UserId user, std::uint64_t count);
    // A change was stored. Returns the new length; 0 when it was not known.
    std::uint64_t add(UserId user, int by);

private:
    static constexpr std::size_t kListsMax = 10'000;

    mutable std::mutex mutex_;
    std::unordered_map<UserId, std::uint64_t> counts_;
};

struct ContactQuery {
    UserId user;
    std::size_t skip = 0;
    std::size_t limit = 50;
    std::optional<ContactStatus> status;
    std::string email_contains;  // upper and lower case of ASCII are the same; empty: all
};

struct ContactPage {
    std::vector<Contact> contacts;  // in order of creation
    std::uint64_t total = 0;        // of all pages
};

class Contacts {
public:
    struct Ports {
        Store& store;
        Clock& clock;
        Entropy& entropy;
        Outbox& outbox;
        ContactCounts& counts;
    };
    explicit Contacts(Ports ports) : ports_(ports) {}

    // Makes the event of a change from the contact as it is to be. Null: nothing changed, and nothing is stored.
    using Tell = std::function<std::shared_ptr<Event>(const Contact&)>;
    struct Changed {
        Contact contact;
        std::shared_ptr<Event> event;  // null: nothing changed
        std::uint64_t count = 0;       // the list's length now
    };

    // `exists` when the list has that address. The contact gets its id and its time before `tell` sees it.
    Task<Result<Changed>> create(Contact contact, Tell tell);
    // Applies `change`, which may run more than once. not_found; exists, as above.
    using Change = std::function<std::shared_ptr<Event>(Contact&)>;
    Task<Result<Changed>> change(UserId user, ContactId id, Change change);
    Task<Result<Changed>> remove(UserId user, ContactId id, Tell tell);

    // not_found when the user's list has no such contact.
    Task<Result<Contact>> read(UserId user, ContactId id);
    Task<Result<ContactPage>> list(ContactQuery query);

private:
    Task<Result<void>> learn_count(UserId user);
    Task<Result<Changed>> commit(Contact contact, std::shared_ptr<Event> event, bool is_deleted);

    Ports ports_;
    IdGenerator ids_;
};

}  // namespace posthaste
