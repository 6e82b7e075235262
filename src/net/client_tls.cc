#include "net/client_tls.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <csignal>

#include "base/assert.h"

namespace posthaste {

namespace {

// Sessions are a saving, not a promise: when there are too many, all are forgotten.
constexpr std::size_t kSessionsMax = 1024;

struct FreeSession {
    void operator()(SSL_SESSION* session) const { SSL_SESSION_free(session); }
};
using SessionPtr = std::unique_ptr<SSL_SESSION, FreeSession>;

std::string last_reason() {
    const unsigned long code = ERR_peek_last_error();
    const char* text = code == 0 ? nullptr : ERR_reason_error_string(code);
    return text == nullptr ? "unknown error" : text;
}

// OpenSSL writes with write(2), which raises SIGPIPE on a connection the peer has reset.
void ignore_sigpipe() {
    struct sigaction action{};
    if (sigaction(SIGPIPE, nullptr, &action) == 0 && action.sa_handler == SIG_DFL)
        std::signal(SIGPIPE, SIG_IGN);
}

// What SSL_set_tlsext_host_name does, without its C cast.
long set_server_name(SSL* ssl, std::string name) {
    return SSL_ctrl(ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, name.data());
}

bool is_address(const std::string& host) {
    unsigned char bytes[16];
    return inet_pton(AF_INET, host.c_str(), bytes) == 1 ||
           inet_pton(AF_INET6, host.c_str(), bytes) == 1;
}

}  // namespace

struct TlsContext::Impl {
    SSL_CTX* context = nullptr;
    std::unordered_map<std::string, SessionPtr> sessions;
    TlsVerify verify = TlsVerify::on;

    ~Impl() { SSL_CTX_free(context); }
};

struct TlsSession::Impl {
    SSL* ssl = nullptr;
    TlsContext::Impl* owner = nullptr;
    std::string origin;

    ~Impl() { SSL_free(ssl); }

    // Called by OpenSSL when a resumable session arrives; 1 means that we keep the reference.
    static int on_new_session(SSL* ssl, SSL_SESSION* session) {
        auto* self = static_cast<Impl*>(SSL_get_ex_data(ssl, 0));
        if (self == nullptr) return 0;
        auto& sessions = self->owner->sessions;
        if (sessions.size() >= kSessionsMax && !sessions.contains(self->origin)) sessions.clear();
        sessions[self->origin].reset(session);
        return 1;
    }
};

TlsContext::TlsContext(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
TlsContext::~TlsContext() = default;

Result<std::unique_ptr<TlsContext>> TlsContext::create(const std::string& ca_file,
                                                       TlsVerify verify) {
    ignore_sigpipe();
    ERR_clear_error();
    auto impl = std::make_unique<Impl>();
    impl->verify = verify;
    impl->context = SSL_CTX_new(TLS_client_method());
    if (impl->context == nullptr)
        return fail(ErrorCode::io, "OpenSSL has no TLS client: " + last_reason() + ".");
    SSL_CTX_set_min_proto_version(impl->context, TLS1_2_VERSION);
    SSL_CTX_set_mode(impl->context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                        SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_read_ahead(impl->context, 1);
    SSL_CTX_set_session_cache_mode(impl->context,
                                   SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(impl->context, &TlsSession::Impl::on_new_session);
    SSL_CTX_set_verify(impl->context, verify == TlsVerify::on ? SSL_VERIFY_PEER : SSL_VERIFY_NONE,
                       nullptr);
    if (verify == TlsVerify::on) SSL_CTX_set_default_verify_paths(impl->context);
    if (!ca_file.empty() &&
        SSL_CTX_load_verify_locations(impl->context, ca_file.c_str(), nullptr) != 1)
        return fail(ErrorCode::invalid,
                    "The CA file " + ca_file + " cannot be used: " + last_reason() + ".");
    return std::unique_ptr<TlsContext>(new TlsContext(std::move(impl)));
}

Result<std::unique_ptr<TlsSession>> TlsContext::open(int descriptor, const std::string& host,
                                                     std::uint16_t port) {
    ERR_clear_error();
    auto impl = std::make_unique<TlsSession::Impl>();
    impl->owner = impl_.get();
    impl->origin = host + " " + std::to_string(port);
    impl->ssl = SSL_new(impl_->context);
    if (impl->ssl == nullptr || SSL_set_fd(impl->ssl, descriptor) != 1)
        return fail(ErrorCode::io, "OpenSSL cannot start a session: " + last_reason() + ".");
    SSL_set_ex_data(impl->ssl, 0, impl.get());
    SSL_set_connect_state(impl->ssl);
    X509_VERIFY_PARAM* expected = SSL_get0_param(impl->ssl);
    if (is_address(host)) {
        ASSERT(X509_VERIFY_PARAM_set1_ip_asc(expected, host.c_str()) == 1);
    } else {
        X509_VERIFY_PARAM_set_hostflags(expected, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
        if (X509_VERIFY_PARAM_set1_host(expected, host.c_str(), host.size()) != 1 ||
            set_server_name(impl->ssl, host) != 1)
            return fail(ErrorCode::io, "The host name cannot be verified: " + last_reason() + ".");
    }
    const auto session = impl_->sessions.find(impl->origin);
    if (session != impl_->sessions.end()) SSL_set_session(impl->ssl, session->second.get());
    return std::unique_ptr<TlsSession>(new TlsSession(std::move(impl)));
}

TlsSession::TlsSession(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
TlsSession::~TlsSession() = default;

TlsSession::Step TlsSession::classify(int result) {
    switch (SSL_get_error(impl_->ssl, result)) {
        case SSL_ERROR_WANT_READ: return Step::want_read;
        case SSL_ERROR_WANT_WRITE: return Step::want_write;
        case SSL_ERROR_ZERO_RETURN: return Step::closed;
        case SSL_ERROR_SYSCALL: established_ = false; return Step::closed;
        default: break;
    }
    established_ = false;
    // OpenSSL 3 reports a peer that hangs up without a closing alert as this error.
    const unsigned long code = ERR_peek_last_error();
    if (ERR_GET_LIB(code) == ERR_LIB_SSL &&
        ERR_GET_REASON(code) == SSL_R_UNEXPECTED_EOF_WHILE_READING)
        return Step::closed;
    const long verified = SSL_get_verify_result(impl_->ssl);
    if (impl_->owner->verify == TlsVerify::on && verified != X509_V_OK)
        reason_ = std::string("The receiver's certificate is refused: ") +
                  X509_verify_cert_error_string(verified) + ".";
    else
        reason_ = "TLS failed: " + last_reason() + ".";
    return Step::failed;
}

TlsSession::Step TlsSession::handshake() {
    ERR_clear_error();
    const int result = SSL_do_handshake(impl_->ssl);
    if (result != 1) {
        const Step step = classify(result);
        // A session that the receiver no longer likes must not spoil the next attempt.
        if (step == Step::failed || step == Step::closed)
            impl_->owner->sessions.erase(impl_->origin);
        return step;
    }
    established_ = true;
    return Step::done;
}

TlsSession::Step TlsSession::read(char* data, std::size_t size, std::size_t& bytes) {
    ERR_clear_error();
    const int result = SSL_read_ex(impl_->ssl, data, size, &bytes);
    return result == 1 ? Step::done : classify(result);
}

TlsSession::Step TlsSession::write(std::string_view data, std::size_t& bytes) {
    ERR_clear_error();
    const int result = SSL_write_ex(impl_->ssl, data.data(), data.size(), &bytes);
    return result == 1 ? Step::done : classify(result);
}

bool TlsSession::has_pending() const { return SSL_has_pending(impl_->ssl) == 1; }
bool TlsSession::is_resumed() const { return SSL_session_reused(impl_->ssl) == 1; }

void TlsSession::shutdown() {
    if (!established_) return;
    established_ = false;
    ERR_clear_error();
    SSL_shutdown(impl_->ssl);
}

}  // namespace posthaste
