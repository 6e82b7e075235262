#include "api/route_tree.h"

#include <algorithm>

#include "api/text.h"
#include "base/assert.h"

namespace posthaste {

RouteTree::RouteTree(std::span<const ApiRoute> routes) {
    for (const ApiRoute& route : routes) add(route);
}

void RouteTree::add(const ApiRoute& route) {
    Node* node = &root_;
    std::string_view rest = route.pattern;
    while (!rest.empty()) {
        const std::string_view segment = take_segment(rest);
        if (segment.starts_with('{')) {
            if (!node->param) node->param = std::make_unique<Node>();
            node = node->param.get();
            continue;
        }
        const auto found =
            std::find_if(node->literals.begin(), node->literals.end(),
                         [&](const auto& literal) { return literal.first == segment; });
        node = found != node->literals.end()
                   ? found->second.get()
                   : node->literals.emplace_back(segment, std::make_unique<Node>()).second.get();
    }
    const ApiRoute*& place = node->routes.at(static_cast<std::size_t>(route.method));
    ASSERT(place == nullptr);
    place = &route;
}

bool RouteTree::descend(const Node& node, Method method, std::string_view rest, std::size_t params,
                        RouteMatch& match) {
    if (rest.empty()) {
        if (const ApiRoute* route = node.routes.at(static_cast<std::size_t>(method))) {
            match.route = route;
            return true;
        }
        for (const ApiRoute* route : node.routes) {
            if (!route) continue;
            match.allowed.add(route->method);
            if (route->method == Method::get) match.allowed.add(Method::head);
        }
        return false;
    }
    if (rest.front() != '/') return false;
    const std::string_view segment = take_segment(rest);
    for (const auto& [literal, child] : node.literals) {
        if (equals_decoded(segment, literal) && descend(*child, method, rest, params, match))
            return true;
    }
    if (!node.param || segment.empty()) return false;
    ASSERT(params < match.params.size());
    match.params[params] = segment;
    return descend(*node.param, method, rest, params + 1, match);
}

RouteMatch RouteTree::match(Method method, std::string_view path) const {
    if (path.size() > 2 && path.back() == '/') path.remove_suffix(1);
    RouteMatch match;
    if (path.empty()) return match;
    static_cast<void>(
        descend(root_, method == Method::head ? Method::get : method, path, 0, match));
    return match;
}

}  // namespace posthaste
