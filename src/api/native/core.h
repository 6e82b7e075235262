#pragma once

// Everything a handler of the native API uses.
//
//   Task<HttpResponse> list_things(Call call) {
//       Query query(call.request.query);                                 // the query first …
//       const Paging paging = query.ordered_page("app", Order::ascending);
//       if (!query.ok()) co_return query.reply();
//       const Entered scope = enter_application(call, Level::application);   // … then the token …
//       if (!scope) co_return scope.error();
//       BodyReader body(call.request.body);                              // … then the body

#include "api/admission.h"
#include "api/native/answers.h"
#include "api/native/body.h"
#include "api/native/idempotency.h"
#include "api/native/query.h"
#include "api/native/session.h"
#include "api/reply.h"
#include "api/route.h"
#include "api/text.h"
#include "api/token.h"
