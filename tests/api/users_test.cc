// Users and logins as the contacts API's clients see them. Names start with the id of the requirement (docs/requirements.md).

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>

#include "base/bytes.h"
#include "tests/api/contacts_world.h"

namespace posthaste::test {
namespace {

constexpr const char* kExample =
    R"({"email":"user@example.com","is_active":true,"is_superuser":false,"full_name":"User",)"
    R"("password":"password"})";
constexpr const char* kUnknown = "483c3ea2-5790-4d7f-a0fc-ee6b289cc0de";

std::string user_json(const std::string& id, const std::string& email = "user@example.com",
                      const std::string& full_name = R"("User")",
                      const std::string& active = "true", const std::string& superuser = "false") {
    return R"({"email":")" + email + R"(","is_active":)" + active + R"(,"is_superuser":)" +
           superuser + R"(,"full_name":)" + full_name + R"(,"id":")" + id + "\"}";
}

class Users : public testing::Test {
protected:
    Users() { world_.settings.is_signup_open = true; }

    Answer create(const std::string& body) { return world_.post("/api/v1/users/", body); }
    Answer log_in(const std::string& form) {
        return world_.send(Method::post, "/api/v1/login/access-token", form,
                           {{"Content-Type", "application/x-www-form-urlencoded"}});
    }
    static World::Headers bearer(const std::string& token) {
        return {{"Authorization", "Bearer " + token}};
    }
    World::Headers signed_in() {
        return bearer(log_in("username=user%40example.com&password=password").text("access_token"));
    }

    ContactsWorld world_;
};

TEST_F(Users, S3_01_created_with_every_field_and_status_200) {
    const Answer created = create(kExample);
    EXPECT_EQ(created.status, 200);
    EXPECT_EQ(created.content_type, "application/json");
    EXPECT_EQ(created.body, user_json(created.text("id")));
    EXPECT_TRUE(parse_uuid(created.text("id")).has_value());
}

TEST_F(Users, S3_01_email_and_password_are_enough) {
    const Answer created =
        create(R"({"email":"User@EXAMPLE.com","password":"123456","full_name":null,"x":1})");
    EXPECT_EQ(created.status, 200);
    EXPECT_EQ(created.body, user_json(created.text("id"), "user@example.com", "null"));
}

TEST_F(Users, S3_01_a_taken_address_is_refused) {
    create(kExample);
    const Answer again = create(R"({"email":"USER@example.com","password":"another"})");
    EXPECT_EQ(again.status, 400);
    EXPECT_EQ(again.body, R"({"detail":"user@example.com already exists in the system"})");
    const Answer signup =
        world_.post("/api/v1/users/signup", R"({"email":"user@example.com","password":"another"})");
    EXPECT_EQ(signup.status, 400);
    EXPECT_EQ(signup.body, R"({"detail":"The user with this email already exists in the system"})");
}

TEST_F(Users, S3_01_two_at_once_cannot_take_one_address) {
    const auto [first, second] = world_.post_two("/api/v1/users", kExample);
    EXPECT_EQ(first.status, 200);
    EXPECT_EQ(second.status, 400);
    EXPECT_EQ(second.body, R"({"detail":"user@example.com already exists in the system"})");
}

TEST_F(Users, sign_up_is_the_same_for_oneself) {
    const Answer created = world_.post(
        "/api/v1/users/signup",
        R"({"email":"user@example.com","password":"password","full_name":"User","is_active":false})");
    EXPECT_EQ(created.status, 200);
    EXPECT_EQ(created.body, user_json(created.text("id")));
    world_.settings.is_signup_open = false;
    const Answer refused = world_.post("/api/v1/users/signup", kExample);
    EXPECT_EQ(refused.status, 403);
    EXPECT_EQ(refused.body, R"({"detail":"Open user registration is forbidden on this server"})");
}

TEST_F(Users, S3_02_listed_in_order_of_creation_with_their_count) {
    const Answer none = world_.get("/api/v1/users");
    EXPECT_EQ(none.status, 200);
    EXPECT_EQ(none.body, R"({"data":[],"count":0})");
    std::vector<std::string> users;
    for (int i = 0; i < 4; ++i) {
        const std::string email = "u" + std::to_string(i) + "@example.com";
        users.push_back(create(R"({"email":")" + email + R"(","password":"password"})").body);
    }
    struct Case {
        const char* query;
        std::size_t first;
        std::size_t count;
    };
    for (const Case& c : {Case{"", 0, 4},
                          {"/", 0, 4},
                          {"?limit=2", 0, 2},
                          {"/?skip=1&limit=2", 1, 2},
                          {"?skip=3", 3, 1},
                          {"?skip=9", 0, 0},
                          {"?skip=99999999999999999999", 0, 0},
                          {"?limit=0", 0, 0}}) {
        std::string body = R"({"data":[)";
        for (std::size_t i = 0; i < c.count; ++i) body += (i > 0 ? "," : "") + users[c.first + i];
        const Answer page = world_.get(std::string("/api/v1/users") + c.query);
        EXPECT_EQ(page.status, 200) << c.query;
        EXPECT_EQ(page.body, body + R"(],"count":4})") << c.query;
    }
    for (const char* query : {"?skip=-1", "?limit=1001", "?limit=x"})
        EXPECT_EQ(world_.get(std::string("/api/v1/users/") + query).status, 422) << query;
}

TEST_F(Users, S3_03_a_password_becomes_a_token) {
    const std::string id = create(kExample).text("id");
    const Answer login = log_in(
        "grant_type=password&username=user%40example.com&password=password&scope=&client_id=x&"
        "client_secret=");
    EXPECT_EQ(login.status, 200);
    EXPECT_EQ(login.content_type, "application/json");
    const std::string token = login.text("access_token");
    EXPECT_EQ(login.body, R"({"access_token":")" + token + R"(","token_type":"bearer"})");

    // A JWT with HS256 whose subject is the user's id, good for eight days.
    const auto part = [&token](std::size_t from, std::size_t to) {
        std::string text = token.substr(from, to - from);
        for (char& c : text) c = c == '-' ? '+' : c == '_' ? '/' : c;
        text.resize((text.size() + 3) / 4 * 4, '=');
        return boost::json::parse(from_base64(text).value());
    };
    const std::size_t first = token.find('.');
    const std::size_t second = token.find('.', first + 1);
    EXPECT_EQ(part(0, first).at("alg").as_string(), "HS256");
    const boost::json::value claims = part(first + 1, second);
    EXPECT_EQ(claims.at("sub").as_string(), id);
    EXPECT_EQ(claims.at("exp").to_number<std::int64_t>(), to_seconds(world_.now() + 24h * 8));

    const Answer mine = world_.send(Method::post, "/api/v1/login/test-token", {}, bearer(token));
    EXPECT_EQ(mine.status, 200);
    EXPECT_EQ(mine.body, user_json(id));
}

TEST_F(Users, S3_03_the_address_may_be_in_any_case) {
    create(kExample);
    EXPECT_EQ(log_in("username=USER@Example.com&password=password").status, 200);
}

TEST_F(Users, S3_03_what_cannot_log_in) {
    create(kExample);
    create(R"({"email":"idle@example.com","password":"password","is_active":false})");
    for (const char* form : {"username=user@example.com&password=Password",
                             "username=nobody@example.com&password=password",
                             "username=user%2540example.com&password=password"}) {
        const Answer refused = log_in(form);
        EXPECT_EQ(refused.status, 400) << form;
        EXPECT_EQ(refused.body, R"({"detail":"Incorrect email or password"})") << form;
    }
    const Answer idle = log_in("username=idle@example.com&password=password");
    EXPECT_EQ(idle.status, 400);
    EXPECT_EQ(idle.body, R"({"detail":"Inactive user"})");
}

TEST_F(Users, S3_03_forms_that_are_none) {
    constexpr const char* kMissing =
        R"({"detail":[{"type":"missing","loc":["body","username"],"msg":"Field required","input":null},)"
        R"({"type":"missing","loc":["body","password"],"msg":"Field required","input":null}]})";
    for (const char* form : {"", "username=&password=", "user=a&pass=b"}) {
        const Answer refused = log_in(form);
        EXPECT_EQ(refused.status, 422) << form;
        EXPECT_EQ(refused.body, kMissing) << form;
    }
    const Answer json =
        world_.send(Method::post, "/api/v1/login/access-token",
                    R"({"username":"a","password":"b"})", {{"Content-Type", "application/json"}});
    EXPECT_EQ(json.status, 422);
    EXPECT_EQ(json.body, kMissing);
    const Answer grant = log_in("grant_type=code&username=a&password=b");
    EXPECT_EQ(grant.status, 422);
    EXPECT_EQ(
        grant.body,
        R"({"detail":[{"type":"string_pattern_mismatch","loc":["body","grant_type"],"msg":"String should match pattern 'password'","input":"code","ctx":{"pattern":"password"}}]})");
}

TEST_F(Users, S3_03_too_many_wrong_passwords_have_to_wait) {
    create(kExample);
    Answer refused = log_in("username=user@example.com&password=wrong");
    for (int i = 0; i < 20 && refused.status == 400; ++i)
        refused = log_in("username=user@example.com&password=wrong");
    EXPECT_EQ(refused.status, 429);
    EXPECT_EQ(refused.body, R"({"detail":"Too many failed logins: try again later."})");
    EXPECT_NE(refused.headers.find("retry-after: "), std::string::npos);
    world_.advance(1h);
    EXPECT_EQ(log_in("username=user@example.com&password=password").status, 200);
}

TEST_F(Users, S3_03_a_server_at_its_limit_says_so) {
    create(kExample);
    world_.passwords.refuse_with = ErrorCode::overloaded;
    const Answer busy = log_in("username=user@example.com&password=password");
    EXPECT_EQ(busy.status, 503);
    EXPECT_NE(busy.headers.find("retry-after: "), std::string::npos);
    EXPECT_EQ(create(R"({"email":"new@example.com","password":"password"})").status, 503);
}

TEST_F(Users, S3_03_tokens_that_are_worth_nothing) {
    const std::string id = create(kExample).text("id");
    const World::Headers good = signed_in();
    const auto test = [&](const World::Headers& headers) {
        return world_.send(Method::post, "/api/v1/login/test-token", {}, headers);
    };
    const Answer missing = test({});
    EXPECT_EQ(missing.status, 401);
    EXPECT_EQ(missing.body, R"({"detail":"Not authenticated"})");
    EXPECT_NE(missing.headers.find("www-authenticate: Bearer\r\n"), std::string::npos);
    const Answer bad = test(bearer("x.y.z"));
    EXPECT_EQ(bad.status, 403);
    EXPECT_EQ(bad.body, R"({"detail":"Could not validate credentials"})");

    DirectoryService& directory = world_.engine().directory();
    const UserId user(*parse_uuid(id));
    DirectoryService::Change<User> switch_off = [](User& one) -> Result<void> {
        one.is_active = false;
        return {};
    };
    ASSERT_TRUE(world_.run(directory.change(user, switch_off)));
    const Answer inactive = test(good);
    EXPECT_EQ(inactive.status, 400);
    EXPECT_EQ(inactive.body, R"({"detail":"Inactive user"})");
    ASSERT_TRUE(world_.run(directory.remove(user)));
    const Answer gone = test(good);
    EXPECT_EQ(gone.status, 404);
    EXPECT_EQ(gone.body, R"({"detail":"User not found"})");
}

TEST_F(Users, one_sees_oneself_and_others_are_null) {
    const Answer mine = create(kExample);
    const Answer other = create(R"({"email":"other@example.com","password":"password"})");
    const World::Headers headers = signed_in();
    const std::string path = "/api/v1/users/";
    const Answer self = world_.send(Method::get, path + mine.text("id"), {}, headers);
    EXPECT_EQ(self.status, 200);
    EXPECT_EQ(self.body, mine.body);
    for (const std::string& id : {other.text("id"), std::string(kUnknown)}) {
        const Answer hidden = world_.send(Method::get, path + id, {}, headers);
        EXPECT_EQ(hidden.status, 200);
        EXPECT_EQ(hidden.body, "null");
    }
    EXPECT_EQ(world_.send(Method::get, path + "7", {}, headers).status, 422);
    EXPECT_EQ(world_.get(path + mine.text("id")).status, 401);
}

TEST_F(Users, S3_35_each_has_an_application_of_their_own) {
    const UserId first(*parse_uuid(create(kExample).text("id")));
    const UserId second(
        *parse_uuid(create(R"({"email":"b@example.com","password":"password"})").text("id")));
    const DirectoryPtr directory = world_.engine().directory().current();
    const UserPtr one = directory->find(first);
    const UserPtr other = directory->find(second);
    ASSERT_TRUE(one && one->application && other && other->application);
    EXPECT_NE(*one->application, *other->application);
    ASSERT_TRUE(directory->find(*one->application));
    EXPECT_EQ(directory->find(*one->application)->config.name, "user@example.com");
    EXPECT_EQ(one->role, Role::admin);
    EXPECT_EQ(one->password_hash, "hash of password");
}

struct BadCase {
    const char* body;
    const char* detail;
};

TEST_F(Users, bad_bodies_are_refused_and_passwords_are_not_shown) {
    const BadCase cases[] = {
        {"{}",
         R"([{"type":"missing","loc":["body","email"],"msg":"Field required","input":{}},{"type":"missing","loc":["body","password"],"msg":"Field required","input":{}}])"},
        {R"({"password":"password"})",
         R"([{"type":"missing","loc":["body","email"],"msg":"Field required","input":{"password":"***"}}])"},
        {R"({"email":"user@example.com","password":"12345"})",
         R"([{"type":"string_too_short","loc":["body","password"],"msg":"String should have at least 6 characters","input":"***","ctx":{"min_length":6}}])"},
        {R"({"email":"user@example.com","password":"12345678901234567890123456789012345678901"})",
         R"([{"type":"string_too_long","loc":["body","password"],"msg":"String should have at most 40 characters","input":"***","ctx":{"max_length":40}}])"},
        {R"({"email":"user@example.com","password":123456})",
         R"([{"type":"string_type","loc":["body","password"],"msg":"Input should be a valid string","input":"***"}])"},
        {R"({"email":"user@localhost","password":"password"})",
         R"([{"type":"value_error","loc":["body","email"],"msg":"value is not a valid email address: The part after the @-sign is a special-use or reserved name that cannot be used with email.","input":"user@localhost","ctx":{"reason":"The part after the @-sign is a special-use or reserved name that cannot be used with email."}}])"},
        {R"({"email":"user@example.com","password":"password","full_name":7})",
         R"([{"type":"string_type","loc":["body","full_name"],"msg":"Input should be a valid string","input":7}])"},
        {R"({"email":"user@example.com","password":"password","is_active":"maybe"})",
         R"([{"type":"bool_parsing","loc":["body","is_active"],"msg":"Input should be a valid boolean, unable to interpret input","input":"maybe"}])"},
        {R"({"email":"user@example.com","password":"password","is_superuser":null})",
         R"([{"type":"bool_type","loc":["body","is_superuser"],"msg":"Input should be a valid boolean","input":null}])"},
        {"[]",
         R"([{"type":"model_attributes_type","loc":["body"],"msg":"Input should be a valid dictionary or object to extract fields from","input":[]}])"},
    };
    for (const BadCase& c : cases) {
        const Answer refused = create(c.body);
        EXPECT_EQ(refused.status, 422) << c.body;
        EXPECT_EQ(refused.body, std::string(R"({"detail":)") + c.detail + "}") << c.body;
    }
    const std::string long_name(256, 'n');
    EXPECT_EQ(create(R"({"email":"user@example.com","password":"password","full_name":")" +
                     long_name + "\"}")
                  .status,
              422);
    // Characters count, not bytes.
    EXPECT_EQ(
        create("{\"email\":\"user@example.com\",\"password\":\"\xc3\xb6\xc3\xb6\xc3\xb6\"}").status,
        422);
    EXPECT_EQ(world_.get("/api/v1/users").body, R"({"data":[],"count":0})");
}

TEST_F(Users, in_required_mode_only_administrators_of_the_organization_manage_users) {
    create(kExample);
    const World::Headers limited = signed_in();
    User admin;
    admin.organization = world_.settings.organization;
    admin.email = "admin@example.com";
    admin.password_hash = "hash of password";
    admin.role = Role::admin;
    ASSERT_TRUE(world_.run(world_.engine().directory().create(admin)));
    const World::Headers whole =
        bearer(log_in("username=admin@example.com&password=password").text("access_token"));
    world_.settings.auth = AuthMode::required;
    world_.settings.is_signup_open = false;
    const std::string body = R"({"email":"new@example.com","password":"password"})";

    EXPECT_EQ(create(body).status, 401);
    EXPECT_EQ(world_.get("/api/v1/users").status, 401);
    EXPECT_EQ(world_.post("/api/v1/users/signup", body).status, 403);
    EXPECT_EQ(world_.send(Method::post, "/api/v1/users", body, limited).status, 403);
    const Answer self = world_.send(Method::get, "/api/v1/users", {}, limited);
    EXPECT_TRUE(self.body.starts_with(R"({"data":[{"email":"user@example.com",)")) << self.body;
    EXPECT_TRUE(self.body.ends_with(R"("count":1})")) << self.body;

    const Answer created = world_.send(Method::post, "/api/v1/users", body, whole);
    EXPECT_EQ(created.status, 200);
    const Answer seen = world_.send(Method::get, "/api/v1/users/" + created.text("id"), {}, whole);
    EXPECT_EQ(seen.body, created.body);
    EXPECT_EQ(world_.send(Method::get, "/api/v1/users/" + created.text("id"), {}, limited).body,
              "null");
    const Answer all = world_.send(Method::get, "/api/v1/users", {}, whole);
    EXPECT_TRUE(all.body.ends_with(R"("count":3})")) << all.body;
    EXPECT_NE(all.body.find(R"("email":"admin@example.com","is_active":true,"is_superuser":true)"),
              std::string::npos);
    // Logging in is for everybody, in both modes.
    EXPECT_EQ(log_in("username=new@example.com&password=password").status, 200);
}

// The five steps of the original's documentation.
TEST_F(Users, S3_07_from_a_user_to_a_delivery) {
    const std::string user = create(kExample).text("id");
    const World::Headers headers = signed_in();
    const Answer webhook = world_.send(
        Method::post, "/api/v1/webhooks",
        R"({"url":"https://jsonplaceholder.typicode.com/posts","events":["subscriber.created"]})",
        headers);
    EXPECT_EQ(webhook.status, 201);
    const auto users = world_.get("/api/v1/users").json();
    EXPECT_EQ(users.at("count").to_number<int>(), 1);
    EXPECT_EQ(users.at("data").as_array()[0].at("id").as_string(), user);
    const Answer contact = world_.post(
        "/api/v1/subscribers",
        R"({"email":"user@example.com","first_name":"User","last_name":"Name","tags":[],)"
        R"("custom_fields":{},"status":"active","user_id":")" +
            user + "\"}");
    EXPECT_EQ(contact.status, 201);
    ASSERT_EQ(world_.received.size(), 1u);
    EXPECT_EQ(world_.received[0].url, "https://jsonplaceholder.typicode.com/posts");
    EXPECT_NE(world_.received[0].body.find(R"("event_type": "subscriber.created")"),
              std::string::npos);
}

}  // namespace
}  // namespace posthaste::test
