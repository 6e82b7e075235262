#include "engine/contacts.h"

#include "engine/contact_record.h"

namespace posthaste {

// ---- counts

std::optional<std::uint64_t> ContactCounts::find(UserId user) const {
    const std::lock_guard lock(mutex_);
    const auto found = counts_.find(user);
    if (found == counts_.end()) return std::nullopt;
    return found->second;
}

void ContactCounts::learn(UserId user, std::uint64_t count) {
    const std::lock_guard lock(mutex_);
    if (counts_.size() >= kListsMax) counts_.clear();
    counts_.try_emplace(user, count);
}

std::uint64_t ContactCounts::add(UserId user, int by) {
    const std::lock_guard lock(mutex_);
    const auto found = counts_.find(user);
    if (found == counts_.end()) return 0;
    if (by > 0) found->second += 1;
    if (by < 0 && found->second > 0) found->second -= 1;
    return found->second;
}

// Before a change of the list is stored: whoever learns the count while others change the list learns it without their
// changes, and those are added by them.
Task<Result<void>> Contacts::learn_count(UserId user) {
    if (ports_.counts.find(user)) co_return Result<void>();
    RecordQuery query;
    query.kind = RecordKind::contact;
    query.parent = user;
    ASSIGN_OR_CO_RETURN(const std::uint64_t count,
                        co_await ports_.store.count_records(std::move(query)));
    ports_.counts.learn(user, count);
    co_return Result<void>();
}

// ---- changing

Task<Result<Contacts::Changed>> Contacts::commit(Contact contact, std::shared_ptr<Event> event,
                                                 bool is_deleted) {
    if (Result<void> learned = co_await learn_count(contact.user); !learned)
        co_return std::unexpected(std::move(learned).error());
    const bool is_new = contact.revision == 0;
    ConfigChange change;
    change.records.push_back(to_record(contact));
    change.records.front().is_deleted = is_deleted;
    Outbox::Events events;
    events.push_back(event);
    ASSIGN_OR_CO_RETURN(const ConfigChange stored,
                        co_await ports_.outbox.commit(std::move(change), std::move(events)));
    contact.revision = stored.records.front().revision;
    Changed changed;
    changed.count = ports_.counts.add(contact.user, is_new ? 1 : is_deleted ? -1 : 0);
    changed.contact = std::move(contact);
    changed.event = std::move(event);
    co_return changed;
}

Task<Result<Contacts::Changed>> Contacts::create(Contact contact, Tell tell) {
    contact.revision = 0;
    contact.created_at = ports_.clock.now();
    contact.id = ContactId(ids_.next(contact.created_at, ports_.entropy.next()));
    std::shared_ptr<Event> event = tell(contact);
    return commit(std::move(contact), std::move(event), false);
}

Task<Result<Contacts::Changed>> Contacts::change(UserId user, ContactId id, Change change) {
    while (true) {
        ASSIGN_OR_CO_RETURN(Contact contact, co_await read(user, id));
        std::shared_ptr<Event> event = change(contact);
        if (!event) {
            Changed unchanged;
            unchanged.contact = std::move(contact);
            co_return unchanged;
        }
        contact.updated_at = ports_.clock.now();
        Result<Changed> changed = co_await commit(std::move(contact), std::move(event), false);
        // Somebody else was faster: once more from what they left.
        if (changed || changed.error().code != ErrorCode::conflict) co_return changed;
    }
}

Task<Result<Contacts::Changed>> Contacts::remove(UserId user, ContactId id, Tell tell) {
    while (true) {
        ASSIGN_OR_CO_RETURN(Contact contact, co_await read(user, id));
        std::shared_ptr<Event> event = tell(contact);
        Result<Changed> removed = co_await commit(std::move(contact), std::move(event), true);
        if (removed || removed.error().code != ErrorCode::conflict) co_return removed;
    }
}

// ---- reading

Task<Result<Contact>> Contacts::read(UserId user, ContactId id) {
    RecordQuery query;
    query.kind = RecordKind::contact;
    query.parent = user;
    query.id = id;
    query.limit = 1;
    ASSIGN_OR_CO_RETURN(const std::vector<Record> found,
                        co_await ports_.store.read_records(std::move(query)));
    if (found.empty()) co_return fail(ErrorCode::not_found, "no such contact");
    co_return to_contact(found.front());
}

Task<Result<ContactPage>> Contacts::list(ContactQuery query) {
    RecordQuery records;
    records.kind = RecordKind::contact;
    records.parent = query.user;
    if (query.status) records.label = to_string(*query.status);
    records.name_contains = std::move(query.email_contains);
    ContactPage page;
    ASSIGN_OR_CO_RETURN(page.total, co_await ports_.store.count_records(records));
    records.skip = query.skip;
    records.limit = query.limit;
    ASSIGN_OR_CO_RETURN(const std::vector<Record> found,
                        co_await ports_.store.read_records(std::move(records)));
    for (const Record& record : found) {
        ASSIGN_OR_CO_RETURN(Contact contact, to_contact(record));
        page.contacts.push_back(std::move(contact));
    }
    co_return page;
}

}  // namespace posthaste
