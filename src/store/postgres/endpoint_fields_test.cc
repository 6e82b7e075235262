#include "store/postgres/endpoint_fields.h"

#include <gtest/gtest.h>

#include "store/common/netstring.h"

namespace posthaste {
namespace {

Endpoint full_endpoint() {
    Endpoint endpoint;
    endpoint.profile = Profile::contacts;
    endpoint.name = std::string("a\0b, 3:c", 8);
    endpoint.event_types = std::vector<std::string>{"", "order.created"};
    endpoint.is_active = false;
    endpoint.created_at = from_micros(1'767'323'045'123'456);
    endpoint.updated_at = from_micros(-1);
    endpoint.failing_since = Timestamp{};
    endpoint.retry.gaps = {0s, 5s};
    endpoint.retry.factor = 1.1;
    endpoint.retry.jitter = Jitter::full;
    endpoint.retry.jitter_fraction = 1.0 / 3;
    endpoint.retry.age_max = 24h;
    endpoint.retry.attempts_max = 4'294'967'295U;
    endpoint.throttle_rate = 0;
    endpoint.version = 65'535;
    endpoint.channels = std::vector<std::string>{};
    endpoint.filter = "";
    endpoint.metadata = {{"", "empty"}, {"k", ""}};
    return endpoint;
}

TEST(EndpointFields, come_back_as_they_were) {
    for (const Endpoint& before : {Endpoint{}, full_endpoint()}) {
        Endpoint after;
        ASSERT_TRUE(read_fields(fields_of(before), after));
        EXPECT_EQ(before, after);
    }
}

TEST(EndpointFields, an_unknown_field_is_passed_over) {
    std::string text = fields_of(full_endpoint());
    append_netstring(text, "of a later version");
    append_netstring(text, "x");
    Endpoint after;
    ASSERT_TRUE(read_fields(text, after));
    EXPECT_EQ(after, full_endpoint());
}

TEST(EndpointFields, what_is_none_is_refused) {
    for (const char* text :
         {"x", "4:name,", "7:timeout,1:x,", "7:version,5:65536,", "4:gaps,3:1:a,"}) {
        Endpoint endpoint;
        EXPECT_FALSE(read_fields(text, endpoint)) << text;
    }
}

}  // namespace
}  // namespace posthaste
