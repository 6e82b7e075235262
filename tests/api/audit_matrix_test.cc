// What the audit log gets to know: every route that changes something leaves an entry, or says why it does not.

#include <gtest/gtest.h>

#include <string>

#include "tests/api/estate.h"

namespace posthaste::test {
namespace {

TEST(AuditMatrix, what_an_owner_does_leaves_an_entry) {
    for (const RouteRow& row : route_rows()) {
        if (row.pattern == "/api/v1/account/setup") continue;  // below
        SCOPED_TRACE(std::string(to_string(row.method)) + " " + std::string(row.pattern));
        const bool may_change = row.method != Method::get;
        EXPECT_EQ(may_change && row.trace == Trace::nothing, !row.excuse.empty());
        Estate estate;
        const std::size_t before = estate.audit_entries();
        const Answer answer = estate.send(row, Caller::owner);
        const bool does_nothing = row.pattern == "/api/v1/auth/logout";
        EXPECT_TRUE(does_nothing || (answer.status >= 200 && answer.status < 400))
            << answer.status << " " << answer.body;
        estate.world.settle();
        const std::size_t more = estate.audit_entries() - before;
        EXPECT_EQ(more > 0, row.trace == Trace::entry) << more << " entries";
    }
}

TEST(AuditMatrix, so_does_making_the_first_owner) {
    World world;
    const std::string token = world.setup_token.issue(world.entropy());
    const Answer made = world.send(
        Method::post, "/api/v1/account/setup",
        R"({"token":")" + token + R"(","email":"a@example.com","password":"a good password"})",
        {{"Content-Type", "application/json"}});
    ASSERT_EQ(made.status, 201) << made.body;
    const auto entries = world.run(world.store().read_audit(AuditQuery{})).value();
    ASSERT_EQ(entries.size(), 2U);
    EXPECT_EQ(entries[0].action, "user.create");
    EXPECT_EQ(entries[0].actor, "setup");
    EXPECT_EQ(entries[1].action, "user.login");
}

// What is refused changes nothing, and an attempt is no change.
TEST(AuditMatrix, what_is_refused_leaves_none) {
    for (const RouteRow& row : route_rows()) {
        Estate estate;
        const std::size_t before = estate.audit_entries();
        for (const Caller caller : kCallers)
            if (!row.callers.has(caller)) estate.send(row, caller);
        EXPECT_EQ(estate.audit_entries(), before) << row.pattern;
    }
}

}  // namespace
}  // namespace posthaste::test
