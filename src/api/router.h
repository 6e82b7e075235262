#pragma once

// The door to all APIs: matches a request against the route table and runs the handler, or answers 404, 405, 413 and CORS
// questions itself. One per reactor, on whose executor everything runs; not thread-safe.

#include <memory>
#include <span>
#include <string_view>

#include "api/context.h"
#include "api/route.h"
#include "api/route_tree.h"
#include "ports/http.h"

namespace posthaste {

class Api : public HttpHandler {
public:
    // What the context names must outlive the Api and every task it made.
    explicit Api(const ApiContext& context);
    ~Api() override;
    Api(const Api&) = delete;
    Api& operator=(const Api&) = delete;

    // A handler's exception becomes a 500. The body of an answer to HEAD is what GET would have sent; the server leaves it out.
    Task<HttpResponse> handle(HttpRequest request) override;
    [[nodiscard]] HttpResponse refuse(int status, std::string_view reason) override;

    [[nodiscard]] static std::span<const ApiRoute> routes();

private:
    Task<HttpResponse> run(const ApiRoute& route, Call call);

    const ApiContext context_;
    std::unique_ptr<PayloadReader> payloads_;
    std::unique_ptr<Authenticator> authenticator_;
    std::unique_ptr<native::MessageTools> messages_;
    const RouteTree tree_;
};

}  // namespace posthaste
