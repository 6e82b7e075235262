#include "store/common/endpoint_secrets.h"

#include <gtest/gtest.h>

namespace posthaste {
namespace {

Endpoint endpoint_with_everything() {
    Endpoint endpoint;
    endpoint.url = "https://user:password@a.test/x?token=1";
    endpoint.secret = std::string("a\0b, 3:c", 8);
    endpoint.old_secrets = {{"", from_micros(0)}, {"old one", from_micros(1'767'323'045'123'456)}};
    endpoint.ingest_key = "wm_1";
    endpoint.headers = {{"X-Key", "a: b"}, {"X-Empty", ""}, {"X-Key", "again"}};
    return endpoint;
}

TEST(EndpointSecrets, come_back_whatever_bytes_they_hold) {
    const Endpoint before = endpoint_with_everything();
    Endpoint after;
    ASSERT_TRUE(read_secrets(secrets_of(before), after));
    EXPECT_EQ(before, after);

    Endpoint bare;
    bare.url = "http://b.test/";
    Endpoint again;
    ASSERT_TRUE(read_secrets(secrets_of(bare), again));
    EXPECT_EQ(bare, again);
}

TEST(EndpointSecrets, have_the_documented_form) {
    Endpoint endpoint;
    endpoint.url = "https://a.test/";
    endpoint.secret = "s";
    endpoint.old_secrets = {{"old", from_micros(12)}};
    endpoint.headers = {{"X-Key", "1"}};
    EXPECT_EQ(secrets_of(endpoint),
              "3:url,15:https://a.test/,6:secret,1:s,10:old_secret,6:12 old,6:header,8:X-Key: 1,");
}

TEST(EndpointSecrets, refuse_every_cut) {
    const std::string text = secrets_of(endpoint_with_everything());
    std::size_t read = 0;
    for (std::size_t size = 0; size < text.size(); ++size) {
        Endpoint endpoint;
        if (read_secrets(std::string_view(text).substr(0, size), endpoint)) ++read;
    }
    EXPECT_EQ(read, 8u) << "only where a field ends, and the empty text";
}

TEST(EndpointSecrets, refuse_what_is_none) {
    for (const std::string_view text :
         {"x", "3:url", "3:url,", "3:url,1:a", "3:url,2:a,", "-1:,", "3:urx,1:a,", ":,:,",
          "10:old_secret,3:old,", "10:old_secret,5:x old,", "6:header,5:X-Key,",
          "99999999999999999999:a,1:b,"}) {
        Endpoint endpoint;
        EXPECT_FALSE(read_secrets(text, endpoint)) << text;
    }
}

}  // namespace
}  // namespace posthaste
