#pragma once

// An OpenAPI document as the server gives it out, with what tests ask of it: operations by method and path, references.

#include <boost/json/value.hpp>
#include <map>
#include <set>
#include <string>
#include <string_view>

#include "api/route.h"

namespace posthaste::test {

class Description {
public:
    // Fetched from a server at `path`.
    explicit Description(const std::string& path);

    struct Operation {
        std::string path;
        std::string method;
        const boost::json::object* object;
        const boost::json::object* item;  // what it shares with the path's other methods
    };
    // By route_key().
    [[nodiscard]] const std::map<std::string, Operation>& operations() const { return operations_; }

    [[nodiscard]] const boost::json::value& root() const { return root_; }
    // The value itself, or what its "$ref" leads to; throws when it leads nowhere.
    [[nodiscard]] const boost::json::object& follow(const boost::json::value& value) const;
    // What "#/…" leads to, or null.
    [[nodiscard]] const boost::json::value* resolve(std::string_view reference) const;
    // Every "$ref" anywhere in the document.
    [[nodiscard]] std::set<std::string> references() const;
    // The names of an operation's parameters that stand in `place`, its path's among them.
    [[nodiscard]] std::set<std::string> parameters(const Operation& operation,
                                                   std::string_view place) const;

private:
    boost::json::value root_;
    std::map<std::string, Operation> operations_;
};

// "get /subscriptions": one trailing slash less, because paths are served with and without.
[[nodiscard]] std::string route_key(std::string_view method, std::string_view path);
[[nodiscard]] std::string route_key(const ApiRoute& route);
// "post"
[[nodiscard]] std::string method_word(Method method);
// The names within braces.
[[nodiscard]] std::set<std::string> params_of_pattern(std::string_view pattern);

}  // namespace posthaste::test
