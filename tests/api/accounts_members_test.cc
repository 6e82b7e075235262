// The users of an organization: who may change whom, and what ends with them.

#include <gtest/gtest.h>

#include "tests/api/people.h"

namespace posthaste::test {
namespace {

constexpr OrganizationId kElsewhere{0x0190'0000'0009'7000ULL, 0x8000'0000'0000'0009ULL};

class MembersTest : public ::testing::Test {
protected:
    MembersTest() {
        owner_ = people_.add("owner@example.com", Role::owner);
        admin_ = people_.add("admin@example.com", Role::admin);
        viewer_ = people_.add("viewer@example.com", Role::viewer);
        foreign_ = people_.add("foreign@example.com", Role::viewer, {}, kElsewhere);
        as_owner_ = people_.session("owner@example.com");
        as_admin_ = people_.session("admin@example.com");
        as_viewer_ = people_.session("viewer@example.com");
    }
    static std::string path(const User& user) { return "/members/" + to_base62("user", user.id); }
    Answer create(const std::string& email, const std::string& rest,
                  const World::Headers& credentials) {
        return people_.call(
            Method::post, "/members",
            R"({"email":")" + email + R"(","password":"a good password")" + rest + "}",
            credentials);
    }
    Answer patch(const User& user, const std::string& body, const World::Headers& credentials) {
        return people_.call(Method::patch, path(user), body, credentials);
    }
    Answer remove(const User& user, const World::Headers& credentials) {
        return people_.call(Method::delete_, path(user), "", credentials);
    }
    int status(const World::Headers& credentials) {
        return people_.call(Method::get, "/account", "", credentials).status;
    }

    World world_;
    People people_{world_};
    User owner_, admin_, viewer_, foreign_;
    World::Headers as_owner_, as_admin_, as_viewer_;
};

TEST_F(MembersTest, S2_45_are_made_read_and_listed) {
    const Answer made =
        create("New@Example.com", R"(,"role":"operator","fullName":"N")", as_admin_);
    ASSERT_EQ(made.status, 201) << made.body;
    EXPECT_EQ(made.text("email"), "new@example.com");
    EXPECT_EQ(made.text("role"), "operator");
    EXPECT_EQ(made.body.find("assword"), std::string::npos);
    EXPECT_EQ(people_.log_in("new@example.com").status, 200);
    EXPECT_EQ(create("plain@example.com", "", as_admin_).text("role"), "viewer");
    EXPECT_EQ(create("new@example.com", "", as_admin_).status, 409);
    EXPECT_EQ(people_.call(Method::get, "/members/" + made.text("id"), "", as_admin_).body,
              made.body);

    const auto first = people_.call(Method::get, "/members?limit=2", "", as_admin_).json();
    ASSERT_EQ(first.at("data").as_array().size(), 2U);
    EXPECT_EQ(first.at("data").at(0).at("email").as_string(), "owner@example.com");
    EXPECT_FALSE(first.at("done").as_bool());
    const auto next =
        people_
            .call(Method::get,
                  "/members?limit=10&iterator=" + std::string(first.at("iterator").as_string()), "",
                  as_admin_)
            .json();
    ASSERT_EQ(next.at("data").as_array().size(), 3U);
    EXPECT_TRUE(next.at("done").as_bool());
    EXPECT_EQ(people_.call(Method::get, "/members", "", as_viewer_).status, 403);
}

TEST_F(MembersTest, what_is_wrong_is_said) {
    for (const char* rest :
         {R"(,"role":"root")", R"(,"role":1)", R"(,"applicationId":"none")", R"(,"fullName":7)"})
        EXPECT_EQ(create("a@example.com", rest, as_owner_).status, 422) << rest;
    EXPECT_EQ(create("nonsense", "", as_owner_).status, 422);
    const Answer weak = people_.call(
        Method::post, "/members", R"({"email":"a@example.com","password":"123456789"})", as_owner_);
    EXPECT_EQ(weak.status, 422);
    EXPECT_NE(weak.body.find("at least 10 characters"), std::string::npos) << weak.body;
    EXPECT_EQ(weak.body.find("123456789"), std::string::npos);
}

TEST_F(MembersTest, nobody_gives_or_takes_more_than_they_have) {
    EXPECT_EQ(create("a@example.com", R"(,"role":"owner")", as_admin_).text("code"),
              "role_too_high");
    EXPECT_EQ(create("a@example.com", R"(,"role":"owner")", as_owner_).status, 201);
    EXPECT_EQ(patch(viewer_, R"({"role":"owner"})", as_admin_).status, 403);
    EXPECT_EQ(patch(owner_, R"({"fullName":"x"})", as_admin_).status, 403);
    EXPECT_EQ(patch(owner_, R"({"password":"another good one"})", as_admin_).status, 403);
    EXPECT_EQ(remove(owner_, as_admin_).status, 403);
    EXPECT_EQ(patch(viewer_, R"({"role":"admin"})", as_admin_).status, 200);
    // A full key and a native token may what an admin may.
    const World::Headers key = People::bearer(people_.add_key(KeyScope::full));
    EXPECT_EQ(create("b@example.com", R"(,"role":"owner")", key).status, 403);
    EXPECT_EQ(create("b@example.com", R"(,"role":"admin")", key).status, 201);
    EXPECT_EQ(remove(owner_, key).status, 403);
}

TEST_F(MembersTest, the_last_owner_stays) {
    for (const char* body : {R"({"role":"admin"})", R"({"isActive":false})"}) {
        const Answer refused = patch(owner_, body, as_owner_);
        EXPECT_EQ(refused.status, 409) << refused.body;
        EXPECT_EQ(refused.text("code"), "last_owner");
    }
    EXPECT_EQ(remove(owner_, as_owner_).status, 409);
    // One that is switched off is no owner.
    const User second = people_.add("second@example.com", Role::owner);
    EXPECT_EQ(patch(second, R"({"isActive":false})", as_owner_).status, 200);
    EXPECT_EQ(remove(owner_, as_owner_).status, 409);
    EXPECT_EQ(patch(second, R"({"isActive":true})", as_owner_).status, 200);
    EXPECT_EQ(remove(owner_, as_owner_).status, 204);
    EXPECT_EQ(status(as_owner_), 401);
}

TEST_F(MembersTest, whoever_goes_is_out_at_once) {
    EXPECT_EQ(remove(viewer_, as_admin_).status, 204);
    EXPECT_EQ(status(as_viewer_), 401);
    EXPECT_EQ(people_.log_in("viewer@example.com").status, 401);
    EXPECT_EQ(remove(viewer_, as_admin_).status, 404);
    EXPECT_EQ(patch(admin_, R"({"isActive":false})", as_owner_).status, 200);
    EXPECT_EQ(status(as_admin_), 401);
    EXPECT_EQ(people_.log_in("admin@example.com").text("code"), "inactive_user");
    EXPECT_EQ(patch(admin_, R"({"isActive":true})", as_owner_).status, 200);
    // The old session does not come back.
    EXPECT_EQ(status(as_admin_), 401);
    EXPECT_EQ(people_.log_in("admin@example.com").status, 200);
}

TEST_F(MembersTest, what_is_a_users_alone_goes_with_them_unheard) {
    const auto contacts_of = [&](const User& user) {
        RecordQuery query;
        query.kind = RecordKind::contact;
        query.parent = user.id;
        return world_.run(world_.store().count_records(query)).value();
    };
    const auto add = [&](const User& user, const World::Headers& headers, int count) {
        for (int n = 0; n < count; ++n)
            EXPECT_EQ(people_
                          .call(Method::post, "/subscribers",
                                R"({"email":"c)" + std::to_string(n) +
                                    R"(@x.example","user_id":")" + to_uuid(user.id) + "\"}",
                                headers)
                          .status,
                      201);
    };
    people_.call(Method::post, "/webhooks",
                 R"({"url":"https://h.example/","events":["subscriber.deleted"]})", as_admin_);
    add(admin_, as_admin_, 501);  // more than one page of what goes at once
    add(owner_, as_owner_, 1);
    EXPECT_EQ(remove(owner_, as_owner_).status, 409);
    EXPECT_EQ(contacts_of(owner_), 1U) << "the last owner keeps everything";
    EXPECT_EQ(remove(admin_, as_owner_).status, 204);
    EXPECT_EQ(contacts_of(admin_), 0U);
    EXPECT_EQ(contacts_of(owner_), 1U);
    EXPECT_TRUE(world_.received.empty());
}

// A store that fails in between leaves a user who is switched off, and the same request goes on from there.
TEST_F(MembersTest, a_removal_that_was_interrupted_can_be_repeated) {
    people_.call(Method::post, "/subscribers",
                 R"({"email":"c@x.example","user_id":")" + to_uuid(admin_.id) + "\"}", as_admin_);
    world_.dies_after_change = true;
    EXPECT_EQ(remove(admin_, as_owner_).status, 503);
    world_.dies_after_change = false;
    world_.fate = CommitFate::applied;
    EXPECT_EQ(status(as_admin_), 401);
    EXPECT_EQ(remove(admin_, as_owner_).status, 204);
    EXPECT_EQ(remove(admin_, as_owner_).status, 404);
}

TEST_F(MembersTest, a_role_counts_with_the_next_request) {
    EXPECT_EQ(people_.call(Method::get, "/members", "", as_viewer_).status, 403);
    EXPECT_EQ(patch(viewer_, R"({"role":"admin"})", as_owner_).status, 200);
    EXPECT_EQ(people_.call(Method::get, "/members", "", as_viewer_).status, 200);
    EXPECT_EQ(patch(viewer_, R"({"role":"viewer"})", as_owner_).status, 200);
    EXPECT_EQ(people_.call(Method::get, "/members", "", as_viewer_).status, 403);
}

TEST_F(MembersTest, a_password_that_is_given_anew_ends_the_sessions) {
    EXPECT_EQ(patch(viewer_, R"({"password":"another good one"})", as_admin_).status, 200);
    EXPECT_EQ(status(as_viewer_), 401);
    EXPECT_EQ(people_.log_in("viewer@example.com", "another good one").status, 200);
    // One's own takes the current one.
    EXPECT_EQ(patch(admin_, R"({"password":"another good one"})", as_admin_).text("code"),
              "own_password");
    EXPECT_EQ(patch(viewer_, R"({"password":"short"})", as_admin_).status, 422);
}

TEST_F(MembersTest, of_another_organization_do_not_exist) {
    for (const Answer& answer :
         {people_.call(Method::get, path(foreign_), "", as_owner_),
          patch(foreign_, R"({"fullName":"x"})", as_owner_), remove(foreign_, as_owner_)})
        EXPECT_EQ(answer.status, 404) << answer.body;
    EXPECT_EQ(people_.call(Method::get, "/members", "", as_owner_).body.find("foreign@"),
              std::string::npos);
    EXPECT_EQ(people_.call(Method::get, "/members/nonsense", "", as_owner_).status, 404);
}

TEST_F(MembersTest, may_be_limited_to_an_application) {
    const std::string app = world_
                                .call(Method::post, "/app", R"({"name":"a","uid":"a"})",
                                      world_.token(to_base62("org", world_.settings.organization)))
                                .text("id");
    const Answer made =
        create("limited@example.com", R"(,"role":"admin","applicationId":"a")", as_owner_);
    ASSERT_EQ(made.status, 201) << made.body;
    EXPECT_EQ(made.text("applicationId"), app);
    const World::Headers limited = people_.session("limited@example.com");
    EXPECT_EQ(people_.call(Method::get, "/app/" + app, "", limited).status, 200);
    EXPECT_EQ(people_.call(Method::get, "/members", "", limited).status, 403);
    EXPECT_EQ(people_.call(Method::get, "/audit", "", limited).status, 403);
    const std::string id = made.text("id");
    EXPECT_EQ(people_.call(Method::patch, "/members/" + id, R"({"applicationId":null})", as_owner_)
                  .status,
              200);
    EXPECT_EQ(people_.call(Method::get, "/members", "", limited).status, 200);
}

}  // namespace
}  // namespace posthaste::test
