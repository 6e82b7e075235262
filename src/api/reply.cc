#include "api/reply.h"

#include <algorithm>

#include "api/text.h"
#include "base/json_text.h"

namespace posthaste {

HttpResponse reply(int status, std::string body, std::string_view content_type) {
    HttpResponse response;
    response.status = status;
    response.body = std::move(body);
    response.content_type = content_type;
    response.headers = kCorsHeaders;
    return response;
}

HttpResponse reply_detail(int status, std::string_view sentence) {
    std::string body = "{\"detail\":";
    append_json_string(body, sentence);
    body += '}';
    return reply(status, std::move(body));
}

namespace {

HttpResponse reply_later(const Error& error, Duration retry_after) {
    HttpResponse response = reply_detail(503, error.message);
    const auto seconds = std::chrono::ceil<std::chrono::seconds>(retry_after).count();
    response.headers += "retry-after: ";
    response.headers += std::to_string(std::max<std::int64_t>(1, seconds));
    response.headers += "\r\n";
    return response;
}

}  // namespace

HttpResponse reply_error(const Error& error, Duration retry_after) {
    switch (error.code) {
        case ErrorCode::invalid: return reply_detail(422, error.message);
        case ErrorCode::not_found: return reply_detail(404, error.message);
        case ErrorCode::conflict:
        case ErrorCode::exists: return reply_detail(409, error.message);
        case ErrorCode::overloaded:
        case ErrorCode::unavailable:
        case ErrorCode::commit_unknown: return reply_later(error, retry_after);
        case ErrorCode::stopping: {
            HttpResponse response = reply_later(error, retry_after);
            response.close = true;
            return response;
        }
        case ErrorCode::corrupt:
        case ErrorCode::io: return reply_detail(500, error.message);
    }
    return reply_detail(500, error.message);
}

}  // namespace posthaste
