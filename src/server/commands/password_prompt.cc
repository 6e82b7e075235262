#include "server/commands/password_prompt.h"

#include <fcntl.h>
#include <poll.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string_view>

#include "server/commands/file_descriptor.h"
#include "server/commands/stop_signal.h"

namespace posthaste {

namespace {

constexpr std::size_t kLineMax = 1024;

// Switches a terminal's echo off while it lives.
class Silence {
public:
    explicit Silence(int terminal) : terminal_(terminal) {
        if (::tcgetattr(terminal_, &before_) != 0) return;
        termios silent = before_;
        silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
        // An interrupt would throw away what is on its way to the screen, such as the sentence about it.
        silent.c_lflag |= NOFLSH;
        is_silent_ = ::tcsetattr(terminal_, TCSAFLUSH, &silent) == 0;
    }
    ~Silence() {
        if (is_silent_) ::tcsetattr(terminal_, TCSAFLUSH, &before_);
    }
    Silence(const Silence&) = delete;
    Silence& operator=(const Silence&) = delete;
    [[nodiscard]] bool is_silent() const { return is_silent_; }

private:
    int terminal_;
    termios before_{};
    bool is_silent_ = false;
};

Result<WipedText> ask(int terminal, const StopSignal& stop, std::string_view question) {
    if (::write(terminal, question.data(), question.size()) < 0)
        return fail(ErrorCode::io, "cannot write to the terminal: " + last_system_error());
    std::array<pollfd, 2> waiting{pollfd{terminal, POLLIN, 0}, pollfd{stop.fd(), POLLIN, 0}};
    while (::poll(waiting.data(), waiting.size(), -1) < 0)
        if (errno != EINTR) return fail(ErrorCode::io, last_system_error());
    if (stop.raised()) return fail(ErrorCode::stopping, "interrupted; nothing was changed");
    // Terminals hand over whole lines.
    auto answer = read_password_line(terminal);
    static_cast<void>(::write(terminal, "\n", 1) == 1);
    return answer;
}

Result<WipedText> ask_at_terminal() {
    const FileDescriptor terminal(::open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY));
    if (!terminal.is_open())
        return fail(ErrorCode::io,
                    "there is no terminal to ask for the password at; with --password-stdin it is "
                    "read from standard input");
    const StopSignal stop;
    const Silence silence(terminal.get());
    if (!silence.is_silent())
        return fail(ErrorCode::io,
                    "the terminal would show the password; with --password-stdin it is read from "
                    "standard input");
    ASSIGN_OR_RETURN(WipedText first, ask(terminal.get(), stop, "Password: "));
    ASSIGN_OR_RETURN(const WipedText second, ask(terminal.get(), stop, "Again: "));
    if (first.view() != second.view())
        return fail(ErrorCode::invalid, "these are two different passwords");
    return first;
}

}  // namespace

Result<WipedText> read_password_line(int descriptor) {
    std::array<char, kLineMax> line{};
    std::size_t size = 0;
    const char* fault = nullptr;
    while (size < line.size()) {
        const ssize_t got = ::read(descriptor, &line[size], 1);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) fault = "cannot read the password";
        if (got <= 0 || line[size] == '\n') break;
        ++size;
    }
    if (size == line.size()) fault = "that password is too long";
    if (size > 0 && line[size - 1] == '\r') --size;
    if (size == 0 && !fault) fault = "there is no password in the first line";
    WipedText text(std::string_view(line.data(), size));
    wipe({reinterpret_cast<unsigned char*>(line.data()), line.size()});
    if (fault) return fail(ErrorCode::invalid, fault);
    return text;
}

Result<WipedText> ask_new_password(PasswordSource source) {
    switch (source) {
        case PasswordSource::terminal: return ask_at_terminal();
        case PasswordSource::standard_input: return read_password_line(STDIN_FILENO);
    }
    return WipedText();
}

}  // namespace posthaste
