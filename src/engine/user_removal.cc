#include "engine/user_removal.h"

#include <utility>
#include <vector>

namespace posthaste {

namespace {

constexpr std::size_t kContactsAtOnce = 500;

RecordQuery contacts_of(UserId user) {
    RecordQuery query;
    query.kind = RecordKind::contact;
    query.parent = user;
    query.limit = kContactsAtOnce;
    return query;
}

Task<Result<void>> delete_contacts(Store* store, UserId user) {
    while (true) {
        ASSIGN_OR_CO_RETURN(std::vector<Record> page,
                            co_await store->read_records(contacts_of(user)));
        if (page.empty()) co_return Result<void>();
        for (Record& contact : page) contact.is_deleted = true;
        ConfigChange change;
        change.records = std::move(page);
        const Result<ConfigChange> stored = co_await store->change_config(std::move(change));
        // A change that was under way went first: once more from what it left.
        if (!stored && stored.error().code != ErrorCode::conflict)
            co_return std::unexpected(stored.error());
    }
}

}  // namespace

Task<Result<void>> remove_user(DirectoryService* directory, Store* store, UserId user,
                               Author author) {
    ASSIGN_OR_CO_RETURN(const std::uint64_t contacts,
                        co_await store->count_records(contacts_of(user)));
    if (contacts > 0) {
        DirectoryService::Change<User> switch_off = [](User& changed) -> Result<void> {
            changed.is_active = false;
            return {};
        };
        const Result<User> idle = co_await directory->change(user, std::move(switch_off), author);
        if (!idle) co_return std::unexpected(idle.error());
        if (Result<void> gone = co_await delete_contacts(store, user); !gone) co_return gone;
    }
    co_return co_await directory->remove(user, std::move(author));
}

}  // namespace posthaste
