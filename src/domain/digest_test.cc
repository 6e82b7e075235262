#include "domain/digest.h"

#include <gtest/gtest.h>

#include "base/bytes.h"

namespace posthaste {
namespace {

// FIPS 180-4's examples, and those of its predecessor.
TEST(Digest, sha256_of_published_examples) {
    EXPECT_EQ(to_hex(sha256("")),
              "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    EXPECT_EQ(to_hex(sha256("abc")),
              "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    EXPECT_EQ(to_hex(sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")),
              "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

TEST(Digest, an_id_is_its_first_half) {
    EXPECT_EQ(digest_id("abc"), (Id{0xba7816bf8f01cfea, 0x414140de5dae2223}));
    EXPECT_NE(digest_id("abc"), digest_id("abd"));
}

}  // namespace
}  // namespace posthaste
