#include "tests/fuzz/mutator.h"

namespace posthaste::fuzz {

namespace {

// What parsers branch on.
using namespace std::string_view_literals;  // the literal knows its length, its NUL included

constexpr std::string_view kTelling =
    "\0\t\n\r \"%&'()*+,-./0179:;<=>?@AFZ[\\]_aefz{|}~\x7F\x80\xBF\xC3\xED\xFF"sv;
constexpr std::size_t kBytesMax = 8192;

}  // namespace

std::string_view Mutator::piece_of(std::string_view text) {
    const std::size_t begin = below(text.size() + 1);
    return text.substr(begin, below(text.size() - begin + 1));
}

void Mutator::change(std::string& text) {
    const std::size_t at = below(text.size() + 1);
    switch (below(6)) {
        case 0:
            if (at < text.size()) text[at] = static_cast<char>(text[at] ^ (1 << below(8)));
            break;
        case 1:
            if (at < text.size()) text[at] = kTelling[below(kTelling.size())];
            break;
        case 2: text.insert(at, 1, kTelling[below(kTelling.size())]); break;
        case 3: text.erase(at, below(8) + 1); break;
        case 4: text.insert(at, std::string(piece_of(text))); break;
        default: text.replace(at, below(8), piece_of(seeds_[below(seeds_.size())])); break;
    }
    if (text.size() > kBytesMax) text.resize(kBytesMax);
}

std::string Mutator::next() {
    std::string text = seeds_[below(seeds_.size())];
    for (std::size_t changes = below(4) + 1; changes > 0; --changes) change(text);
    return text;
}

}  // namespace posthaste::fuzz
