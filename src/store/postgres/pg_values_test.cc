#include "store/postgres/pg_values.h"

#include <gtest/gtest.h>

#include "base/bytes.h"
#include "store/postgres/testing/test_cluster.h"

namespace posthaste {
namespace {

TEST(PgText, what_postgres_refuses_is_escaped_and_comes_back) {
    const std::string texts[] = {"",
                                 "order.created",
                                 "gr\xc3\xbcn",
                                 std::string("a\0b", 3),
                                 "\x01",
                                 "\x01"
                                 "00",
                                 "caf\xe9",
                                 "\xf0\x9f\x98\x80",
                                 "\xc3",
                                 "\xed\xa0\x80",
                                 std::string(1, '\0')};
    for (const std::string& text : texts) {
        const std::string stored = to_pg_text(text);
        EXPECT_TRUE(is_valid_utf8(stored));
        EXPECT_EQ(stored.find('\0'), std::string::npos);
        EXPECT_EQ(from_pg_text(stored), text);
    }
    EXPECT_EQ(to_pg_text("gr\xc3\xbcn"), "gr\xc3\xbcn") << "what people write is readable";
    EXPECT_EQ(to_pg_text("caf\xe9"),
              "caf\x01"
              "e9");
}

class PgValues : public testing::Test {
protected:
    PgResult ask(const char* sql, const PgParams& params) {
        auto rows = connection_->query(sql, params);
        EXPECT_TRUE(rows) << rows.error().message;
        return std::move(*rows);
    }
    Result<PgConnection> connection_ = PgConnection::open(TestCluster::shared().url_of({}));
};

TEST_F(PgValues, come_back_from_the_server) {
    const Id id{0x0190'0000'0001'7000ULL, ~std::uint64_t{5}};
    PgParams params;
    params.add(std::int64_t{-5}).add(UINT64_MAX).add(true).add(id).add_text("caf\xe9");
    params.add_bytes(std::string("\0\xff", 2)).add_null(PgType::int8);
    params.add(std::optional<Timestamp>(from_micros(-1)));
    const PgResult row =
        ask("SELECT $1, $2, $3, $4, $5, $6, $7, $8, 7::smallint, -7::integer", params);
    EXPECT_EQ(row.integer(0, 0), -5);
    EXPECT_EQ(row.number(0, 1), UINT64_MAX);
    EXPECT_TRUE(row.boolean(0, 2));
    EXPECT_EQ(row.id(0, 3), id);
    EXPECT_EQ(row.text(0, 4), "caf\xe9");
    EXPECT_EQ(row.bytes(0, 5), std::string("\0\xff", 2));
    EXPECT_TRUE(row.is_null(0, 6));
    EXPECT_EQ(row.optional_time(0, 7), from_micros(-1));
    EXPECT_EQ(row.integer(0, 8), 7);
    EXPECT_EQ(row.integer(0, 9), -7);
}

TEST_F(PgValues, columns_become_rows) {
    PgColumns columns{PgType::int8, PgType::text, PgType::bytes, PgType::boolean, PgType::uuid};
    columns.add(std::int64_t{1}).add_text("one").add_bytes("1").add(true).add(Id{1, 2});
    columns.add(std::int64_t{2}).add_null().add_null().add(false).add_null();
    EXPECT_FALSE(columns.is_empty());
    const PgResult rows = ask(
        "SELECT * FROM unnest($1::bigint[], $2::text[], $3::bytea[], $4::boolean[], $5::uuid[])",
        columns.take());
    ASSERT_EQ(rows.rows(), 2);
    EXPECT_EQ(rows.text(0, 1), "one");
    EXPECT_EQ(rows.id(0, 4), (Id{1, 2}));
    EXPECT_TRUE(rows.is_null(1, 1) && rows.is_null(1, 2) && rows.is_null(1, 4));
    EXPECT_EQ(rows.optional_text(1, 1), std::nullopt);
}

TEST_F(PgValues, arrays_of_numbers_are_read) {
    const PgResult row =
        ask("SELECT ARRAY[3, -1]::integer[], ARRAY[]::bigint[], NULL::bigint[]", {});
    EXPECT_EQ(row.integers(0, 0), (std::vector<std::int64_t>{3, -1}));
    EXPECT_TRUE(row.integers(0, 1).empty());
    EXPECT_TRUE(row.integers(0, 2).empty());
}

}  // namespace
}  // namespace posthaste
