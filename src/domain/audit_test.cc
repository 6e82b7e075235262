#include "domain/audit.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <utility>
#include <vector>

#include "base/bytes.h"

namespace posthaste {
namespace {

AuditEntry created() {
    AuditEntry entry;
    entry.at = from_micros(1'767'323'045'123'456);
    entry.organization = OrganizationId{*parse_uuid("0190a5b2-7c3d-7abc-8def-0123456789ab")};
    entry.actor = "user_1";
    entry.actor_name = "ada@example.com";
    entry.address = "192.0.2.7";
    entry.action = "endpoint.create";
    entry.object = "ep_1";
    entry.after = R"({"url":"https://a.example/"})";
    return entry;
}

AuditEntry deleted() {
    AuditEntry entry = created();
    entry.at += Duration{1};
    entry.actor = "key_1";
    entry.actor_name = "ci";
    entry.address = "2001:db8::1";
    entry.action = "endpoint.delete";
    std::swap(entry.before, entry.after);
    return entry;
}

// The digests come from a few lines of Python's hashlib and struct over the encoding that audit.h describes:
//
//   def text(b): return struct.pack(">Q", len(b)) + b
//   sha256(text(b"posthaste audit 1") + text(previous) + struct.pack(">Qq", sequence, at) + organization
//          + text(b"user_1") + text(b"ada@example.com") + …)
TEST(Audit, the_hash_is_the_documented_one) {
    AuditChain chain;
    AuditEntry first = created();
    chain.append(first);
    EXPECT_EQ(first.sequence, 1u);
    EXPECT_EQ(to_hex(first.hash),
              "4bbc77920fee67dfe435567bfa89cfe3d81086088a1d02ec679f4cc64b93e474");
    EXPECT_EQ(first.hash, audit_hash(std::string(kAuditHashBytes, '\0'), first));
    AuditEntry second = deleted();
    chain.append(second);
    EXPECT_EQ(second.sequence, 2u);
    EXPECT_EQ(to_hex(second.hash),
              "f433c5fef810a5359d8b735fec70cc04975dc4745ca14c513df464e4158ba5b9");
    EXPECT_EQ(chain.head, second.hash);
    EXPECT_EQ(chain.length, 2u);
}

TEST(Audit, every_field_counts) {
    const std::string previous(kAuditHashBytes, 'p');
    const std::vector<std::function<void(AuditEntry&)>> changes = {
        [](AuditEntry& e) { e.sequence += 1; },
        [](AuditEntry& e) { e.at += Duration{1}; },
        [](AuditEntry& e) { e.organization.hi ^= 1; },
        [](AuditEntry& e) { e.organization.lo ^= 1; },
        [](AuditEntry& e) { e.actor += '2'; },
        [](AuditEntry& e) { e.actor_name.clear(); },
        [](AuditEntry& e) { e.address = "192.0.2.8"; },
        [](AuditEntry& e) { e.action = "endpoint.change"; },
        [](AuditEntry& e) { e.object = "ep_2"; },
        [](AuditEntry& e) { e.before = "{}"; },
        [](AuditEntry& e) { e.after += ' '; },
        // The same characters, differently divided.
        [](AuditEntry& e) { e.actor = "user_", e.actor_name = "1ada@example.com"; },
        [](AuditEntry& e) { std::swap(e.before, e.after); },
    };
    std::vector<std::string> hashes{audit_hash(previous, created())};
    hashes.push_back(audit_hash(std::string(kAuditHashBytes, 'q'), created()));
    for (const auto& change : changes) {
        AuditEntry entry = created();
        change(entry);
        hashes.push_back(audit_hash(previous, entry));
    }
    std::ranges::sort(hashes);
    EXPECT_TRUE(std::ranges::adjacent_find(hashes) == hashes.end());
}

TEST(Audit, a_chain_follows_only_what_was_appended) {
    AuditChain writing;
    std::vector<AuditEntry> entries;
    for (int i = 0; i < 5; ++i) {
        entries.push_back(i % 2 == 0 ? created() : deleted());
        writing.append(entries.back());
    }
    const auto followed = [](const std::vector<AuditEntry>& list) {
        AuditChain chain;
        for (const AuditEntry& entry : list) {
            if (!chain.follow(entry)) break;
        }
        return chain;
    };
    EXPECT_EQ(followed(entries), writing);

    std::vector<AuditEntry> changed = entries;
    changed[2].actor_name = "eve@example.com";
    EXPECT_EQ(followed(changed).length, 2u);
    changed[2].hash = audit_hash(changed[1].hash, changed[2]);
    EXPECT_EQ(followed(changed).length, 3u) << "its own hash fits now, the next one's does not";

    std::vector<AuditEntry> removed = entries;
    removed.erase(removed.begin() + 1);
    EXPECT_EQ(followed(removed).length, 1u);
    removed[1].sequence = 2;
    EXPECT_EQ(followed(removed).length, 1u);

    std::vector<AuditEntry> swapped = entries;
    std::swap(swapped[3], swapped[4]);
    EXPECT_EQ(followed(swapped).length, 3u);
    std::swap(swapped[3].sequence, swapped[4].sequence);
    EXPECT_EQ(followed(swapped).length, 3u);

    std::vector<AuditEntry> cut(entries.begin(), entries.end() - 1);
    EXPECT_EQ(followed(cut).length, 4u) << "only who knows the old head can tell";
}

}  // namespace
}  // namespace posthaste
