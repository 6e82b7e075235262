// The contacts API: addresses, the form that logs in, and the contact's document.

#include <algorithm>
#include <array>
#include <string>

#include "api/contacts/contact_document.h"
#include "api/contacts/form.h"
#include "api/json_scan.h"
#include "base/assert.h"
#include "base/bytes.h"
#include "domain/email.h"
#include "tests/fuzz/fuzz_target.h"

namespace posthaste::fuzz {

// What is taken is one plain word, is spelled in one way, and reads the same again.
void run_email(std::string_view input) {
    const auto email = parse_email(input);
    if (!email) {
        ASSERT(email.error().message.ends_with('.'));
        return;
    }
    ASSERT(is_valid_utf8(*email) && email->size() <= 254);
    ASSERT(std::ranges::none_of(*email, [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return byte <= ' ' || byte == 0x7F || c == '"' || c == '<' || c == '>' || c == ',';
    }));
    const std::size_t sign = email->find('@');
    const std::string local = email->substr(0, sign);
    std::string domain = email->substr(sign + 1);
    ASSERT(!local.empty() && domain.find('@') == std::string::npos);
    ASSERT(domain.find('.') != std::string::npos && to_lower(domain) == domain);
    ASSERT(parse_email(*email) == *email && parse_email(" " + *email + "\r\n") == *email);
    for (char& c : domain)
        if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    ASSERT(parse_email(local + "@" + domain) == *email);
}

// First line: a content type. Second: a field's name. The rest: a body.
void run_form(std::string_view input) {
    std::array<std::string_view, 2> lines;
    for (std::string_view& line : lines) {
        const std::size_t end = std::min(input.find('\n'), input.size());
        line = input.substr(0, end);
        input.remove_prefix(std::min(end + 1, input.size()));
    }
    const auto [type, name] = lines;
    const std::array headers = {HeaderView{"Content-Type", type}};
    HttpRequest request;
    request.headers = headers;
    request.body = input;

    constexpr std::string_view kForm = "application/x-www-form-urlencoded";
    const std::string media =
        to_lower(type.substr(0, std::min(type.find_first_of("; "), type.size())));
    const std::string_view form = contacts::form_of(request);
    ASSERT(form == (media == kForm ? input : std::string_view()));
    const auto value = contacts::form_field(form, name);
    if (value) ASSERT(!value->empty() && value->size() <= form.size());

    // A field that follows is the one that counts, unless it is empty.
    std::string more = std::string(form) + "&";
    for (const char c : name) more += "%" + to_hex({&c, 1});
    ASSERT(contacts::form_field(more + "=a+b%26c", name) == "a b&c");
    ASSERT(!contacts::form_field(more + "=", name));
}

namespace {

void check_answer(const Problems& problems) {
    const HttpResponse answer = problems.reply();
    const JsonScan scan = scan_json(answer.body, "detail");
    ASSERT(answer.status == 422 && !scan.fault && scan.member.has_value());
}

}  // namespace

// A contact that is made of a body is written as JSON, and an update by what was written changes nothing.
void run_contact(std::string_view input) {
    for (const contacts::Purpose purpose : {contacts::Purpose::create, contacts::Purpose::update}) {
        Problems problems;
        const contacts::ContactChanges changes = contacts::read_contact(problems, input, purpose);
        if (!problems.none()) {
            check_answer(problems);
            continue;
        }
        Contact contact;
        contact.email = "ada@example.com";
        changes.apply_to(contact);
        ASSERT(parse_email(contact.email) == contact.email);
        std::string written;
        contacts::append_contact(written, contact);
        Problems none;
        Contact again = contact;
        contacts::read_contact(none, written, contacts::Purpose::update).apply_to(again);
        ASSERT(none.none() && again == contact);
    }
}

}  // namespace posthaste::fuzz
