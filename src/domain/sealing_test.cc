#include "domain/sealing.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>

#include "base/bytes.h"
#include "domain/wipe.h"

namespace posthaste {
namespace {

SealingKey key_of_bytes(unsigned char byte) {
    SealingKey::Bytes bytes{};
    bytes.fill(byte);
    return SealingKey(bytes);
}

SealingNonce nonce_of(std::string_view text) {
    SealingNonce nonce{};
    std::copy_n(text.begin(), nonce.size(), nonce.begin());
    return nonce;
}

constexpr std::string_view kNonce = "ABCDEFGHIJKLMNOPQRSTUVWX";

// ---- the cipher

TEST(SealingCipher, matches_the_published_vectors) {
    struct Row {
        unsigned char key;
        std::string_view context;
        std::string_view sealed;
    };
    // Of https://c2sp.org/XAES-256-GCM: one for each value of the bit that doubling carries out.
    const Row rows[] = {
        {1, "", "ce546ef63c9cc60765923609b33a9a1974e96e52daf2fcf7075e2271"},
        {3, "c2sp.org/XAES-256-GCM", "986ec1832593df5443a179437fd083bf3fdb41abd740a21f71eb769d"},
    };
    for (const Row& row : rows) {
        SealingCipher cipher(key_of_bytes(row.key).bytes());
        std::string sealed;
        cipher.seal(sealed, nonce_of(kNonce), row.context, "XAES-256-GCM");
        EXPECT_EQ(sealed, std::string(kNonce) + *from_hex(row.sealed));
        std::string text;
        EXPECT_TRUE(cipher.open(text, row.context, sealed));
        EXPECT_EQ(text, "XAES-256-GCM");
    }
}

TEST(SealingCipher, texts_of_every_length_come_back) {
    std::mt19937_64 draw(7);
    SealingCipher cipher(key_of_bytes(9).bytes());
    for (std::size_t size = 0; size < 300; ++size) {
        std::string text(size, '\0');
        for (char& c : text) c = static_cast<char>(draw());
        std::string sealed = "before";
        cipher.seal(sealed, draw_bytes<kSealingNonceBytes>(draw), "here", text);
        EXPECT_EQ(sealed.size(), 6 + size + SealingCipher::kOverhead);
        std::string opened = "kept ";
        ASSERT_TRUE(cipher.open(opened, "here", std::string_view(sealed).substr(6)));
        EXPECT_EQ(opened, "kept " + text);
    }
}

TEST(SealingCipher, what_does_not_open_leaves_the_output_alone) {
    SealingCipher cipher(key_of_bytes(9).bytes());
    std::string sealed;
    cipher.seal(sealed, nonce_of(kNonce), "here", "text");
    std::string out = "kept";
    EXPECT_FALSE(cipher.open(out, "there", sealed));
    EXPECT_FALSE(cipher.open(out, "", sealed));
    EXPECT_FALSE(SealingCipher(key_of_bytes(8).bytes()).open(out, "here", sealed));
    EXPECT_EQ(out, "kept");
    EXPECT_TRUE(cipher.open(out, "here", sealed));
}

// ---- keys

TEST(SealingKey, is_read_from_base64_hex_or_any_text) {
    const SealingKey key = key_of_bytes(0xA5);
    const std::string raw(32, '\xA5');
    for (const std::string& text : {to_base64(raw), to_hex(raw), " " + to_hex(raw) + "\r\n"}) {
        const auto parsed = SealingKey::parse(text);
        ASSERT_TRUE(parsed) << text;
        EXPECT_EQ(parsed->id(), key.id()) << text;
    }
    EXPECT_EQ(key.to_base64(), to_base64(raw));
    // scrypt(N = 32768, r = 8, p = 1), computed with Python's hashlib.
    const auto derived = SealingKey::parse("correct horse battery staple");
    ASSERT_TRUE(derived);
    EXPECT_EQ(derived->to_base64(), "loFzkKfcs5hAjfEICu5fFQfDnTZIYI91SQhMbrG1m2Y=");
    EXPECT_FALSE(SealingKey::parse(" \n"));
}

TEST(SealingKey, its_id_is_the_beginning_of_its_digest) {
    // SHA-256 of 32 zero bytes begins so.
    const SealingKeyId id = key_of_bytes(0).id();
    EXPECT_EQ(to_hex(id), "66687aadf862bd77");
    EXPECT_EQ(parse_sealing_key_id("66687aadf862bd77"), id);
    for (const std::string_view bad :
         {"", "66687aadf862bd7", "66687aadf862bd777", "-6687aadf862bd77"})
        EXPECT_FALSE(parse_sealing_key_id(bad)) << bad;
}

// ---- the ring

TEST(KeyRing, opens_what_any_of_its_keys_sealed) {
    const KeyRing before({key_of_bytes(1)});
    const KeyRing after({key_of_bytes(2), key_of_bytes(1)});
    const std::string old = before.seal("secret", "place", nonce_of(kNonce));
    const std::string fresh = after.seal("secret", "place", nonce_of(kNonce));
    EXPECT_EQ(key_of(old), key_of_bytes(1).id());
    EXPECT_EQ(key_of(fresh), key_of_bytes(2).id());
    EXPECT_EQ(after.open(old, "place"), "secret");
    EXPECT_EQ(after.open(fresh, "place"), "secret");
    const auto failed = before.open(fresh, "place");
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().code, ErrorCode::unavailable);
    EXPECT_NE(failed.error().message.find(to_hex(key_of_bytes(2).id())), std::string::npos);
    EXPECT_NE(failed.error().message.find("encryption_key"), std::string::npos);
}

TEST(KeyRing, counts_equal_keys_once) {
    const KeyRing ring({key_of_bytes(1), key_of_bytes(2), key_of_bytes(1)});
    EXPECT_EQ(ring.keys().size(), 2u);
    EXPECT_EQ(ring.primary(), key_of_bytes(1).id());
    EXPECT_TRUE(ring.has(key_of_bytes(2).id()));
}

TEST(KeyRing, refuses_every_changed_bit_and_every_cut) {
    const KeyRing ring({key_of_bytes(1)});
    const std::string sealed = ring.seal("a secret of some length", "endpoint 1", nonce_of(kNonce));
    for (std::size_t bit = 0; bit < sealed.size() * 8; ++bit) {
        std::string changed = sealed;
        changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ 1 << (bit % 8));
        EXPECT_FALSE(ring.open(changed, "endpoint 1")) << "bit " << bit;
    }
    for (std::size_t size = 0; size < sealed.size(); ++size) {
        EXPECT_FALSE(ring.open(sealed.substr(0, size), "endpoint 1")) << size << " bytes";
        EXPECT_FALSE(ring.open(sealed.substr(sealed.size() - size), "endpoint 1")) << size;
    }
    EXPECT_FALSE(ring.open(sealed + '\0', "endpoint 1"));
}

TEST(KeyRing, opens_nothing_in_another_place) {
    const KeyRing ring({key_of_bytes(1)});
    const std::string sealed = ring.seal("secret", "endpoint 1", nonce_of(kNonce));
    for (const std::string_view other :
         {"endpoint 2", "endpoint ", "endpoint 11", "", "record 1"}) {
        const auto opened = ring.open(sealed, other);
        ASSERT_FALSE(opened) << other;
        EXPECT_EQ(opened.error().code, ErrorCode::corrupt);
    }
}

TEST(KeyRing, shows_nothing_of_what_it_seals) {
    const KeyRing ring({key_of_bytes(1)});
    const std::string secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    std::mt19937_64 draw(1);
    std::set<std::string> all;
    for (int i = 0; i < 100; ++i)
        all.insert(ring.seal(secret, "here", draw_bytes<kSealingNonceBytes>(draw)));
    EXPECT_EQ(all.size(), 100u) << "the same text never looks the same";
    for (const std::string& sealed : all) EXPECT_EQ(sealed.find("whsec"), std::string::npos);
}

}  // namespace
}  // namespace posthaste
