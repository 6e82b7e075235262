#pragma once

// The route table as a tree of path segments: finding a route costs one step per segment, however many routes there are.
// Allocates nothing while matching. Immutable after construction; may be shared by threads.

#include <array>
#include <memory>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "api/route.h"

namespace posthaste {

class RouteTree {
public:
    // The routes must outlive the tree. Where two routes fit a path, the first literal segment wins over a {param}.
    explicit RouteTree(std::span<const ApiRoute> routes);

    // HEAD goes where GET goes.
    [[nodiscard]] RouteMatch match(Method method, std::string_view path) const;

private:
    static constexpr std::size_t kMethods = static_cast<std::size_t>(Method::other) + 1;

    struct Node {
        std::vector<std::pair<std::string_view, std::unique_ptr<Node>>> literals;
        std::unique_ptr<Node> param;
        std::array<const ApiRoute*, kMethods> routes{};
    };

    void add(const ApiRoute& route);
    // Fills match.route and params, or adds to match.allowed what the path has. `rest` starts with '/' or is empty.
    [[nodiscard]] static bool descend(const Node& node, Method method, std::string_view rest,
                                      std::size_t params, RouteMatch& match);

    Node root_;
};

}  // namespace posthaste
