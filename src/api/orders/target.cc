#include "api/orders/target.h"

#include <utility>

#include "api/admission.h"

namespace posthaste::orders {

namespace {

bool is_up_to_date(const Endpoint& endpoint, const ApiSettings& settings) {
    if (settings.orders_target.empty()) return !endpoint.is_active;
    return endpoint.is_active && endpoint.url == settings.orders_target &&
           endpoint.secret == settings.orders_secret;
}

// What was waiting for a target that is no longer named goes on waiting.
void update(Endpoint& endpoint, const ApiSettings& settings, Timestamp now) {
    endpoint.is_active = !settings.orders_target.empty();
    endpoint.updated_at = now;
    if (!endpoint.is_active) return;
    endpoint.url = settings.orders_target;
    endpoint.secret = settings.orders_secret;
}

Endpoint make_target(const ApiSettings& settings, Timestamp now) {
    Endpoint endpoint;
    endpoint.organization = settings.organization;
    endpoint.application = settings.application;
    endpoint.profile = Profile::orders;
    endpoint.uid = kTargetUid;
    endpoint.description = "The target of orders, from the server's settings";
    endpoint.event_types = {std::string(kOrderCreation)};
    endpoint.created_at = now;
    endpoint.retry = settings.orders_retry;
    endpoint.timeout = settings.orders_timeout;
    update(endpoint, settings, now);
    return endpoint;
}

Author author(Timestamp now) {
    Author settings("operator");
    settings.name = "settings";
    settings.at = now;
    return settings;
}

template <class T>
Result<void> without_value(const Result<T>& result) {
    if (!result) return std::unexpected(result.error());
    return {};
}

}  // namespace

Task<Result<void>> keep_target(DirectoryService* directory, const ApiSettings* settings,
                               Timestamp now) {
    const PreparedEndpointPtr known =
        directory->current()->find_endpoint(settings->application, kTargetUid);
    if (known && known->config.profile != Profile::orders)
        co_return fail(ErrorCode::exists,
                       "the endpoint with the uid " + std::string(kTargetUid) +
                           " in the default application was made by another API; give it another "
                           "uid, the target of orders is kept under this one");
    if (known && is_up_to_date(known->config, *settings)) co_return Result<void>();
    if (known) {
        DirectoryService::Change<Endpoint> change = [settings, now](Endpoint& endpoint) {
            update(endpoint, *settings, now);
            return Result<void>();
        };
        co_return without_value(
            co_await directory->change(known->config.id, std::move(change), author(now)));
    }
    if (settings->orders_target.empty()) co_return Result<void>();
    const Owner owner{settings->organization, settings->application};
    const Result<void> ensured = co_await ensure_owner(directory, owner, now);
    if (!ensured) co_return ensured;
    Endpoint target = make_target(*settings, now);
    co_return without_value(co_await directory->create(std::move(target), author(now)));
}

}  // namespace posthaste::orders
