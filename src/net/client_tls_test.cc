#include "net/client_tls.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <cstdlib>

#include "net/client_test_support.h"

namespace posthaste {
namespace {

using testing::ClientBench;
using testing::make_request;
using testing::ok;
using testing::Peer;
using testing::ScriptedReceiver;

struct Free {
    void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
    void operator()(X509* certificate) const { X509_free(certificate); }
    void operator()(X509_EXTENSION* extension) const { X509_EXTENSION_free(extension); }
    void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
    void operator()(SSL* ssl) const { SSL_free(ssl); }
};
template <class T>
using Owned = std::unique_ptr<T, Free>;

struct Identity {
    Owned<EVP_PKEY> key;
    Owned<X509> certificate;
};

void add_extension(X509* certificate, X509* issuer, int kind, const char* value) {
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
    const Owned<X509_EXTENSION> extension(X509V3_EXT_conf_nid(nullptr, &context, kind, value));
    ASSERT_NE(extension, nullptr);
    X509_add_ext(certificate, extension.get(), -1);
}

enum class Kind { authority, receiver };

// A certificate for `names` ("DNS:…,IP:…"), valid from a day ago until `valid_seconds` from now.
Identity make_identity(Kind kind, const Identity* issuer, const char* names, long valid_seconds) {
    Identity made;
    made.key.reset(EVP_EC_gen("P-256"));
    made.certificate.reset(X509_new());
    X509* certificate = made.certificate.get();
    static long serial = 1;
    X509_set_version(certificate, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), serial++);
    X509_gmtime_adj(X509_getm_notBefore(certificate), -86'400);
    X509_gmtime_adj(X509_getm_notAfter(certificate), valid_seconds);
    X509_set_pubkey(certificate, made.key.get());
    X509_NAME* subject = X509_get_subject_name(certificate);
    const std::string common =
        kind == Kind::authority ? "test authority " + std::to_string(serial) : "receiver";
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8,
                               reinterpret_cast<const unsigned char*>(common.c_str()), -1, -1, 0);
    const Identity& signer = issuer == nullptr ? made : *issuer;
    X509_set_issuer_name(certificate, X509_get_subject_name(signer.certificate.get()));
    if (kind == Kind::authority)
        add_extension(certificate, signer.certificate.get(), NID_basic_constraints,
                      "critical,CA:TRUE");
    else
        add_extension(certificate, signer.certificate.get(), NID_subject_alt_name, names);
    X509_sign(certificate, signer.key.get(), EVP_sha256());
    return made;
}

// A PEM file with an authority's certificate, removed again.
class CaFile {
public:
    explicit CaFile(const Identity& authority) {
        char path[] = "/tmp/posthaste-ca-XXXXXX";
        const int descriptor = mkstemp(path);
        path_ = path;
        FILE* file = fdopen(descriptor, "w");
        PEM_write_X509(file, authority.certificate.get());
        std::fclose(file);
    }
    ~CaFile() { std::remove(path_.c_str()); }
    CaFile(const CaFile&) = delete;
    CaFile& operator=(const CaFile&) = delete;
    [[nodiscard]] const std::string& path() const { return path_; }

private:
    std::string path_;
};

// Answers requests over TLS until the client closes; counts resumed sessions.
class TlsReceiver {
public:
    explicit TlsReceiver(const Identity& identity, int version_max = TLS1_3_VERSION,
                         bool keep_open = true)
        : context_(SSL_CTX_new(TLS_server_method())),
          keep_open_(keep_open),
          receiver_([this](Peer& peer, int) { serve(peer); }) {
        SSL_CTX_use_certificate(context_.get(), identity.certificate.get());
        SSL_CTX_use_PrivateKey(context_.get(), identity.key.get());
        SSL_CTX_set_max_proto_version(context_.get(), version_max);
        SSL_CTX_set_security_level(context_.get(), 0);
        SSL_CTX_set_session_id_context(context_.get(), reinterpret_cast<const unsigned char*>("t"),
                                       1);
    }
    [[nodiscard]] std::string url(std::string_view host = "127.0.0.1") const {
        return receiver_.url("https", host);
    }
    [[nodiscard]] int resumed() const { return resumed_.load(); }
    [[nodiscard]] int connections() const { return receiver_.connections(); }
    std::string answer = ok("over tls");

private:
    void serve(Peer& peer) {
        const Owned<SSL> ssl(SSL_new(context_.get()));
        SSL_set_fd(ssl.get(), peer.descriptor());
        if (SSL_accept(ssl.get()) != 1) return;
        resumed_ += SSL_session_reused(ssl.get());
        std::string request;
        char bytes[8192];
        for (int got = 0; (got = SSL_read(ssl.get(), bytes, sizeof bytes)) > 0;) {
            request.append(bytes, static_cast<std::size_t>(got));
            const std::size_t end = request.find("\r\n\r\n");
            if (end == std::string::npos) continue;
            const std::size_t field = request.find("Content-Length: ");
            if (request.size() < end + 4 + std::strtoul(request.c_str() + field + 16, nullptr, 10))
                continue;
            request.clear();
            if (SSL_write(ssl.get(), answer.data(), static_cast<int>(answer.size())) <= 0 ||
                !keep_open_)
                break;
        }
        SSL_shutdown(ssl.get());
    }

    Owned<SSL_CTX> context_;
    const bool keep_open_;
    std::atomic<int> resumed_{0};
    ScriptedReceiver receiver_;
};

class ClientTls : public ::testing::Test {
protected:
    HttpClientOptions trusting() const {
        HttpClientOptions options;
        options.ca_file = ca_.path();
        return options;
    }
    TransportResult send_to(const TlsReceiver& receiver, std::string_view host = "127.0.0.1") {
        ClientBench bench(trusting());
        return bench.send(receiver.url(host));
    }

    Identity authority_ = make_identity(Kind::authority, nullptr, "", 86'400);
    Identity receiver_ =
        make_identity(Kind::receiver, &authority_, "DNS:localhost,IP:127.0.0.1", 86'400);
    CaFile ca_{authority_};
};

TEST_F(ClientTls, delivers_and_keeps_the_connection) {
    TlsReceiver receiver(receiver_);
    ClientBench bench(trusting());
    ASSERT_TRUE(bench.client().check_tls());
    for (int i = 0; i < 5; ++i) {
        const TransportResult result = bench.send(receiver.url());
        ASSERT_EQ(result.outcome, AttemptOutcome::delivered) << result.error;
        EXPECT_EQ(result.body, "over tls");
        EXPECT_EQ(result.reused_connection, i > 0);
        EXPECT_EQ(result.timings.tls > Duration::zero(), i == 0);
    }
    EXPECT_EQ(receiver.connections(), 1);
}

TEST_F(ClientTls, names_are_verified_like_addresses) {
    TlsReceiver receiver(receiver_);
    const TransportResult result = send_to(receiver, "localhost");
    EXPECT_EQ(result.outcome, AttemptOutcome::delivered) << result.error;
}

TEST_F(ClientTls, sessions_are_resumed) {
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        TlsReceiver receiver(receiver_, version, false);
        ClientBench bench(trusting());
        for (int i = 0; i < 3; ++i) {
            const TransportResult result = bench.send(receiver.url());
            ASSERT_EQ(result.outcome, AttemptOutcome::delivered) << result.error;
        }
        EXPECT_GE(receiver.resumed(), 1);
    }
}

TEST_F(ClientTls, large_bodies_pass_both_ways) {
    TlsReceiver receiver(receiver_);
    receiver.answer = ok(std::string(50'000, 'b'));
    ClientBench bench(trusting());
    for (int i = 0; i < 2; ++i) {
        const TransportResult result =
            bench.send(make_request(receiver.url(), std::string(3 << 20, 'p')));
        EXPECT_EQ(result.outcome, AttemptOutcome::delivered) << result.error;
        EXPECT_EQ(result.body, std::string(16 * 1024, 'b'));
    }
}

TEST_F(ClientTls, certificates_that_must_not_be_trusted) {
    const Identity stranger = make_identity(Kind::authority, nullptr, "", 86'400);
    struct Row {
        const char* name;
        Identity identity;
        std::string_view host;
        std::string_view reason;
    };
    Row rows[] = {
        {"another name", make_identity(Kind::receiver, &authority_, "DNS:example.com", 86'400),
         "localhost", "hostname mismatch"},
        {"another address", make_identity(Kind::receiver, &authority_, "IP:127.0.0.2", 86'400),
         "127.0.0.1", "IP address mismatch"},
        {"a name is no address",
         make_identity(Kind::receiver, &authority_, "DNS:127.0.0.1", 86'400), "127.0.0.1",
         "IP address mismatch"},
        {"an unknown authority", make_identity(Kind::receiver, &stranger, "IP:127.0.0.1", 86'400),
         "127.0.0.1", "unable to get local issuer certificate"},
        {"signed by itself", make_identity(Kind::receiver, nullptr, "IP:127.0.0.1", 86'400),
         "127.0.0.1", "self-signed certificate"},
        {"expired", make_identity(Kind::receiver, &authority_, "IP:127.0.0.1", -3'600), "127.0.0.1",
         "certificate has expired"},
    };
    for (const Row& row : rows) {
        TlsReceiver receiver(row.identity);
        const TransportResult result = send_to(receiver, row.host);
        EXPECT_EQ(result.outcome, AttemptOutcome::tls_failed) << row.name;
        EXPECT_NE(result.error.find(row.reason), std::string::npos)
            << row.name << ": " << result.error;
    }
}

TEST_F(ClientTls, verification_can_be_turned_off) {
    const Identity anybody = make_identity(Kind::receiver, nullptr, "DNS:example.com", 86'400);
    TlsReceiver receiver(anybody);
    HttpClientOptions options;
    options.verify_tls = false;
    ClientBench bench(std::move(options));
    EXPECT_EQ(bench.send(receiver.url()).outcome, AttemptOutcome::delivered);
}

TEST_F(ClientTls, old_versions_are_refused) {
    TlsReceiver receiver(receiver_, TLS1_1_VERSION);
    const TransportResult result = send_to(receiver);
    EXPECT_EQ(result.outcome, AttemptOutcome::tls_failed);
    EXPECT_NE(result.error, "");
}

TEST_F(ClientTls, a_receiver_that_speaks_no_tls) {
    ScriptedReceiver plain([](Peer& peer, int) {
        peer.write("HTTP/1.1 400 Bad Request\r\n\r\n");
        peer.wait_closed();
    });
    ScriptedReceiver mute([](Peer&, int) {});
    for (const ScriptedReceiver* receiver : {&plain, &mute}) {
        ClientBench bench(trusting());
        const TransportResult result = bench.send(receiver->url("https"));
        EXPECT_EQ(result.outcome, AttemptOutcome::tls_failed);
        EXPECT_NE(result.error, "");
    }
}

TEST_F(ClientTls, the_handshake_has_a_deadline) {
    ScriptedReceiver receiver([](Peer& peer, int) { peer.wait_closed(); });
    HttpClientOptions options = trusting();
    options.tls_timeout = 1s;
    ClientBench bench(std::move(options));
    const auto& slot = bench.start(make_request(receiver.url("https")));
    bench.run_until([&] { return receiver.connections() == 1; });
    bench.advance(1s);
    const TransportResult result = bench.result_of(slot);
    EXPECT_EQ(result.outcome, AttemptOutcome::timed_out);
    EXPECT_NE(result.error.find("TLS handshake"), std::string::npos) << result.error;
}

TEST_F(ClientTls, a_missing_ca_file_is_told) {
    HttpClientOptions options;
    options.ca_file = "/nonexistent/ca.pem";
    TlsReceiver receiver(receiver_);
    ClientBench bench(std::move(options));
    EXPECT_FALSE(bench.client().check_tls());
    const TransportResult result = bench.send(receiver.url());
    EXPECT_EQ(result.outcome, AttemptOutcome::tls_failed);
    EXPECT_NE(result.error.find("/nonexistent/ca.pem"), std::string::npos) << result.error;
}

}  // namespace
}  // namespace posthaste
