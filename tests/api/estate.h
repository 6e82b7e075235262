#pragma once

// A server that requires credentials, with one object of every kind and one caller of every kind, and an organization next
// door. What is ours has "ours" in its name, so that it is recognised where it does not belong.

#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "tests/api/people.h"
#include "tests/api/route_rows.h"
#include "tests/api/world.h"

namespace posthaste::test {

class Estate {
public:
    Estate();

    Answer send(const RouteRow& row, Caller caller);
    Answer send(const RouteRow& row, const World::Headers& credentials, const std::string& self);
    // The same request as another method, or at another spelling of the path.
    Answer send_as(Method method, const std::string& path, Caller caller);
    // Credentials of the other organization's owner, who logged in, and of a key that may everything there.
    Answer send_as_neighbour(const RouteRow& row);
    Answer send_as_neighbours_key(const RouteRow& row);
    [[nodiscard]] std::string path_of(const RouteRow& row) const;
    std::size_t audit_entries();  // of our organization

    World world;

private:
    struct Credentials {
        World::Headers headers;
        std::string self;  // the UUID of the user behind them
    };
    std::string make(const std::string& path, const std::string& body);
    void fill();
    void fill_mailbox();
    Credentials log_in(const User& user);
    Credentials hold_key(KeyScope scope, const User& maker);

    People people_{world};
    std::map<Caller, Credentials> callers_;
    Credentials neighbour_;
    Credentials neighbours_key_;
    std::pair<std::string, std::string> mailbox_key_;      // the header
    std::map<std::string, std::string, std::less<>> ids_;  // of our objects, by {param}
};

}  // namespace posthaste::test
