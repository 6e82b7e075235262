#pragma once

// What the tests of sealing share: objects full of secrets, and looking for these in every file.

#include <algorithm>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "store/sqlite/testing/store_driver.h"

namespace posthaste {

// Each text that starts so is a secret; numbered, so that each one is told apart.
inline constexpr std::string_view kSecretMark = "sesame";

[[nodiscard]] inline Endpoint secretive_endpoint(int number) {
    const std::string n = std::to_string(number) + ".";
    Endpoint endpoint;
    endpoint.organization = OrganizationId{11, 12};
    endpoint.application = ApplicationId{13, 14};
    endpoint.url = "https://user:sesame-password-" + n + "@a.test/";
    endpoint.secret = "sesame-secret-" + n;
    endpoint.old_secrets = {{"sesame-old-" + n, from_micros(5)},
                            {"sesame-older-" + n, from_micros(4)}};
    endpoint.ingest_key = "sesame-key-" + n;
    endpoint.headers = {{"X-Key", "sesame-header-" + n}, {"X-Other", "sesame-other-" + n}};
    endpoint.description = "described " + n;
    return endpoint;
}

[[nodiscard]] inline Record secretive_record(RecordKind kind, int number) {
    Record record;
    record.kind = kind;
    record.organization = OrganizationId{11, 12};
    record.name = "named " + std::to_string(number);
    record.body = "{\"answer\":\"sesame-body-" + std::to_string(number) + ".\"}";
    return record;
}

// Names of the files below a folder that hold any of these texts.
[[nodiscard]] inline std::vector<std::string> files_with(const std::string& folder,
                                                         const std::vector<std::string>& texts) {
    std::vector<std::string> found;
    for (const auto& item : std::filesystem::recursive_directory_iterator(folder)) {
        if (!item.is_regular_file()) continue;
        std::ifstream file(item.path(), std::ios::binary);
        const std::string content{std::istreambuf_iterator<char>(file), {}};
        if (std::any_of(texts.begin(), texts.end(), [&](const std::string& text) {
                return content.find(text) != std::string::npos;
            }))
            found.push_back(item.path().filename().string());
    }
    return found;
}

// Some column of every row of posthaste.db, read past the store.
[[nodiscard]] inline std::vector<std::string> read_column(const std::string& folder,
                                                          const std::string& sql) {
    std::vector<std::string> values;
    auto database = SqliteDatabase::open(folder + "/posthaste.db", SqliteAccess::read, {});
    if (!database) return values;
    auto select = database->prepare(sql);
    while (select && select->step() == SQLITE_ROW) values.emplace_back(select->bytes(0));
    return values;
}

[[nodiscard]] inline std::vector<std::string> sealed_values(const std::string& folder) {
    return read_column(folder,
                       "SELECT sealed FROM endpoint UNION ALL"
                       " SELECT sealed FROM record WHERE sealed IS NOT NULL");
}

// A change behind the store's back.
inline void change_file(const std::string& path, const std::string& script) {
    auto database = SqliteDatabase::open(path, SqliteAccess::write, {});
    ASSERT(database.has_value());
    ASSERT(database->execute(script).has_value());
}

}  // namespace posthaste
