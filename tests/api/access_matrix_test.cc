// Who gets past which route, where credentials are required: every route with every kind of caller, through the real router.

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "tests/api/estate.h"

namespace posthaste::test {
namespace {

std::string name_of(Method method, std::string_view pattern) {
    return std::string(to_string(method)) + " " + std::string(pattern);
}

// A wrong set-up token is refused as such, whoever sends it.
bool is_let_in(const Answer& answer) {
    return answer.status != 401 &&
           (answer.status != 403 || answer.body.find("wrong_setup_token") != std::string::npos);
}

TEST(AccessMatrix, names_the_routes_that_there_are) {
    std::set<std::string> served;
    for (const ApiRoute& route : Api::routes()) served.insert(name_of(route.method, route.pattern));
    std::set<std::string> named;
    for (const RouteRow& row : route_rows())
        EXPECT_TRUE(named.insert(name_of(row.method, row.pattern)).second)
            << name_of(row.method, row.pattern) << " is named twice";
    for (const std::string& route : served)
        EXPECT_TRUE(named.contains(route)) << route << " is not in tests/api/route_rows.cc";
    for (const std::string& route : named)
        EXPECT_TRUE(served.contains(route)) << route << " is not served";
}

TEST(AccessMatrix, S2_46_each_route_lets_in_whom_it_should_and_nobody_else) {
    for (const RouteRow& row : route_rows()) {
        Estate estate;
        for (const Caller caller : kCallers) {
            const Answer answer = estate.send(row, caller);
            EXPECT_EQ(is_let_in(answer), row.callers.has(caller))
                << name_of(row.method, row.pattern) << " of " << to_string(caller) << ": "
                << answer.status << " " << answer.body.substr(0, 300);
            EXPECT_NE(answer.status, 500)
                << name_of(row.method, row.pattern) << " of " << to_string(caller);
        }
    }
}

// Neither another spelling of the path nor HEAD is a way around.
TEST(AccessMatrix, without_credentials_no_spelling_of_a_path_is_answered) {
    Estate estate;
    for (const RouteRow& row : route_rows()) {
        if (row.callers.has(Caller::nobody)) continue;
        const std::string path = estate.path_of(row);
        std::string encoded = path;
        encoded.replace(
            2, 1,
            std::string("%") + "0123456789ABCDEF"[path[2] / 16] + "0123456789ABCDEF"[path[2] % 16]);
        for (const std::string& spelling : {path + "/", encoded, path + "?a=b"})
            EXPECT_EQ(estate.send_as(row.method, spelling, Caller::nobody).status, 401) << spelling;
        if (row.method == Method::get) {
            EXPECT_EQ(estate.send_as(Method::head, path, Caller::nobody).status, 401) << path;
        }
    }
}

// Whoever is somebody elsewhere neither sees nor reaches what is ours.
TEST(AccessMatrix, another_organization_finds_nothing_of_ours) {
    for (const RouteRow& row : route_rows()) {
        if (row.callers.has(Caller::nobody)) continue;
        // A PUT of what one does not have makes it, under one's own roof.
        const bool may_make =
            row.method == Method::put && (row.pattern == "/api/v1/event-type/{event_type_name}" ||
                                          row.pattern == "/api/v1/app/{app_id}");
        const bool names_an_object = row.pattern.find('{') != row.pattern.npos && !may_make;
        Estate estate;
        for (const Answer& answer :
             {estate.send_as_neighbour(row), estate.send_as_neighbours_key(row)}) {
            EXPECT_TRUE(may_make || answer.body.find("ours") == std::string::npos)
                << name_of(row.method, row.pattern) << ": " << answer.body;
            // Two of the originals answer 200 about what is not there.
            const bool is_nothing = answer.status == 403 || answer.status == 404 ||
                                    answer.body == "null" ||
                                    answer.body == R"({"event":null,"attempts":[]})";
            EXPECT_TRUE(is_nothing || !names_an_object)
                << name_of(row.method, row.pattern) << ": " << answer.status << " " << answer.body;
        }
    }
}

}  // namespace
}  // namespace posthaste::test
