#include "domain/directory.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <string>

namespace posthaste {
namespace {

constexpr OrganizationId kOrganization(1, 1);
constexpr ApplicationId kApplication(2, 2);

EndpointId endpoint_id(std::uint64_t number) { return EndpointId(number, number * 7); }

Endpoint example(std::uint64_t number) {
    Endpoint endpoint;
    endpoint.id = endpoint_id(number);
    endpoint.organization = kOrganization;
    endpoint.application = kApplication;
    endpoint.url = "http://receiver.example:8080/hook/" + std::to_string(number);
    endpoint.revision = 1;
    return endpoint;
}

std::vector<EndpointId> ids_of(const std::vector<PreparedEndpointPtr>& endpoints) {
    std::vector<EndpointId> ids;
    for (const auto& endpoint : endpoints) ids.push_back(endpoint->config.id);
    return ids;
}

std::vector<EndpointId> ids(std::initializer_list<std::uint64_t> numbers) {
    std::vector<EndpointId> list;
    for (const std::uint64_t number : numbers) list.push_back(endpoint_id(number));
    return list;
}

TEST(Directory, an_empty_one_knows_nothing) {
    const DirectoryPtr directory = Directory::from({});
    EXPECT_EQ(directory->size(), 0U);
    EXPECT_EQ(directory->find(endpoint_id(1)), nullptr);
    EXPECT_TRUE(directory->list(kApplication, Profile::native, 0, 10).empty());
    EXPECT_TRUE(directory->match(kApplication, "order.created").empty());
}

TEST(Directory, prepares_the_target_once) {
    const DirectoryPtr directory = Directory::from({example(1)});
    const PreparedEndpointPtr found = directory->find(endpoint_id(1));
    ASSERT_TRUE(found);
    EXPECT_EQ(found->config, example(1));
    EXPECT_EQ(found->target.host, "receiver.example");
    EXPECT_EQ(found->target.port, 8080);
    EXPECT_EQ(found->target.path, "/hook/1");
    EXPECT_EQ(directory->list(kApplication, Profile::native, 0, 1).at(0), found);
}

TEST(Directory, keeps_an_endpoint_whose_url_does_not_parse) {
    Endpoint endpoint = example(1);
    endpoint.url = "gopher://old";
    const DirectoryPtr directory = Directory::from({endpoint});
    ASSERT_TRUE(directory->find(endpoint.id));
    EXPECT_EQ(directory->find(endpoint.id)->config, endpoint);
    EXPECT_EQ(directory->find(endpoint.id)->target, Target{});
    EXPECT_EQ(directory->match(kApplication, ""), ids({1}));
}

TEST(Directory, a_change_leaves_the_old_snapshot_alone) {
    const DirectoryPtr before = Directory::from({example(1)});
    const DirectoryPtr added = before->with(example(2));
    Endpoint renamed = example(1);
    renamed.url = "http://elsewhere.example/";
    renamed.revision = 2;
    const DirectoryPtr changed = added->with(renamed);

    EXPECT_EQ(before->size(), 1U);
    EXPECT_EQ(before->find(endpoint_id(2)), nullptr);
    EXPECT_EQ(before->match(kApplication, ""), ids({1}));
    EXPECT_EQ(added->size(), 2U);
    EXPECT_EQ(added->list(kApplication, Profile::native, 0, 9).at(0)->target.host,
              "receiver.example");
    EXPECT_EQ(changed->size(), 2U);
    EXPECT_EQ(changed->list(kApplication, Profile::native, 0, 9).at(0)->target.host,
              "elsewhere.example");
    // What did not change is shared.
    EXPECT_EQ(changed->find(endpoint_id(2)), added->find(endpoint_id(2)));
}

TEST(Directory, an_older_revision_changes_nothing) {
    Endpoint newer = example(1);
    newer.revision = 5;
    newer.is_active = false;
    Endpoint older = example(1);
    older.revision = 4;
    const DirectoryPtr directory = Directory::from({newer})->with(older);
    EXPECT_EQ(directory->find(newer.id)->config, newer);
    EXPECT_EQ(Directory::from({newer, older})->find(newer.id)->config, newer);

    Endpoint same = newer;
    same.is_active = true;
    EXPECT_EQ(directory->with(same)->find(newer.id)->config, same);
}

TEST(Directory, a_tombstone_is_found_and_nothing_else) {
    Endpoint tombstone = example(1);
    tombstone.is_deleted = true;
    tombstone.revision = 2;
    const DirectoryPtr directory = Directory::from({example(1), example(2)})->with(tombstone);
    ASSERT_TRUE(directory->find(endpoint_id(1)));
    EXPECT_TRUE(directory->find(endpoint_id(1))->config.is_deleted);
    EXPECT_EQ(directory->size(), 1U);
    EXPECT_EQ(ids_of(directory->list(kApplication, Profile::native, 0, 9)), ids({2}));
    EXPECT_EQ(directory->match(kApplication, ""), ids({2}));
    // A straggling older revision does not bring it back.
    EXPECT_EQ(directory->with(example(1))->size(), 1U);
}

TEST(Directory, tombstones_are_listed_apart) {
    std::vector<Endpoint> endpoints;
    for (std::uint64_t i = 1; i <= 4; ++i) {
        endpoints.push_back(example(i));
        endpoints.back().is_deleted = i != 3;
    }
    endpoints.back().application = ApplicationId(3, 3);
    DirectoryPtr directory = Directory::from(endpoints);
    EXPECT_EQ(ids_of(directory->tombstones(kApplication, {})), ids({1, 2}));
    EXPECT_EQ(ids_of(directory->tombstones(ApplicationId(3, 3), {})), ids({4}));
    EXPECT_TRUE(directory->tombstones(ApplicationId(4, 4), {}).empty());
    Endpoint last = example(3);
    last.is_deleted = true;
    last.revision = 2;
    directory = directory->with(last);
    PageBounds newest;
    newest.descending = true;
    newest.limit = 2;
    EXPECT_EQ(ids_of(directory->tombstones(kApplication, newest)), ids({3, 2}));
}

TEST(Directory, an_inactive_endpoint_is_listed_but_not_matched) {
    Endpoint inactive = example(1);
    inactive.is_active = false;
    const DirectoryPtr directory = Directory::from({inactive});
    EXPECT_EQ(ids_of(directory->list(kApplication, Profile::native, 0, 9)), ids({1}));
    EXPECT_TRUE(directory->match(kApplication, "").empty());
    EXPECT_EQ(directory->size(), 1U);
}

TEST(Directory, what_has_an_ingest_key_is_listed_but_not_matched) {
    Endpoint mailbox = example(1);
    mailbox.profile = Profile::mailboxes;
    mailbox.ingest_key = "books-secret-key";
    const DirectoryPtr directory = Directory::from({mailbox, example(2)});
    EXPECT_EQ(ids_of(directory->list(kApplication, Profile::mailboxes, 0, 9)), ids({1}));
    EXPECT_EQ(directory->match(kApplication, ""), ids({2}));
}

TEST(Directory, wants_what_the_filter_names) {
    Endpoint endpoint = example(1);
    EXPECT_TRUE(wants(endpoint, "order.created"));
    EXPECT_TRUE(wants(endpoint, ""));
    endpoint.event_types.emplace();
    EXPECT_TRUE(wants(endpoint, "order.created"));
    EXPECT_TRUE(wants(endpoint, ""));
    endpoint.event_types = {"order.created", "order.paid"};
    EXPECT_TRUE(wants(endpoint, "order.paid"));
    EXPECT_FALSE(wants(endpoint, "order"));
    EXPECT_FALSE(wants(endpoint, "order.paid.late"));
    EXPECT_FALSE(wants(endpoint, "Order.paid"));
    EXPECT_FALSE(wants(endpoint, ""));
}

TEST(Directory, pages_in_order_of_creation) {
    const DirectoryPtr directory =
        Directory::from({example(4), example(2), example(3), example(1)});
    EXPECT_EQ(ids_of(directory->list(kApplication, Profile::native, 0, 2)), ids({1, 2}));
    EXPECT_EQ(ids_of(directory->list(kApplication, Profile::native, 2, 2)), ids({3, 4}));
    EXPECT_EQ(ids_of(directory->list(kApplication, Profile::native, 3, 100)), ids({4}));
    EXPECT_TRUE(directory->list(kApplication, Profile::native, 4, 100).empty());
    EXPECT_TRUE(directory->list(kApplication, Profile::native, 0, 0).empty());
    EXPECT_EQ(directory->match(kApplication, "x"), ids({1, 2, 3, 4}));
}

// Every endpoint ever put, and the answers computed by looking at all of them.
struct Model {
    std::map<EndpointId, Endpoint> endpoints;

    void put(const Endpoint& endpoint) {
        const auto [at, fresh] = endpoints.try_emplace(endpoint.id, endpoint);
        if (!fresh && endpoint.revision >= at->second.revision) at->second = endpoint;
    }
    [[nodiscard]] std::vector<EndpointId> list(ApplicationId application, Profile profile) const {
        std::vector<EndpointId> found;
        for (const auto& [id, endpoint] : endpoints) {
            if (endpoint.is_deleted || endpoint.application != application) continue;
            if (endpoint.profile == profile) found.push_back(id);
        }
        return found;
    }
    [[nodiscard]] std::vector<EndpointId> match(ApplicationId application,
                                                std::string_view type) const {
        std::vector<EndpointId> found;
        for (const auto& [id, endpoint] : endpoints) {
            if (endpoint.is_deleted || !endpoint.is_active) continue;
            if (endpoint.application == application && wants(endpoint, type)) found.push_back(id);
        }
        return found;
    }
};

Endpoint random_endpoint(std::mt19937& random) {
    Endpoint endpoint = example(random() % 400);
    // Few applications, so that listings grow beyond one chunk; endpoints may move between them.
    endpoint.organization = OrganizationId(random() % 8 == 0 ? 2 : 1, 0);
    endpoint.application = ApplicationId(1 + random() % 3, 0);
    endpoint.profile = random() % 2 == 0 ? Profile::native : Profile::mailboxes;
    endpoint.is_deleted = random() % 6 == 0;
    endpoint.is_active = random() % 4 != 0;
    if (random() % 2 == 0) endpoint.event_types = {random() % 2 == 0 ? "a" : "b"};
    endpoint.revision = random() % 10;
    return endpoint;
}

void expect_same(const Directory& directory, const Model& model) {
    for (std::uint64_t number = 0; number < 400; ++number) {
        const auto found = directory.find(endpoint_id(number));
        const auto expected = model.endpoints.find(endpoint_id(number));
        ASSERT_EQ(found != nullptr, expected != model.endpoints.end());
        if (found) {
            ASSERT_EQ(found->config, expected->second);
        }
    }
    std::size_t live = 0;
    for (const std::uint64_t number : {1U, 2U, 3U}) {
        const ApplicationId application(number, 0);
        for (const Profile profile : {Profile::native, Profile::mailboxes}) {
            const auto expected = model.list(application, profile);
            live += expected.size();
            ASSERT_EQ(ids_of(directory.list(application, profile, 0, 1000)), expected);
            for (const auto& listed : directory.list(application, profile, 1, 1000)) {
                ASSERT_EQ(listed, directory.find(listed->config.id));
            }
        }
        for (const char* type : {"a", "b", "c"}) {
            ASSERT_EQ(directory.match(application, type), model.match(application, type));
        }
    }
    ASSERT_EQ(directory.size(), live);
}

TEST(Directory, agrees_with_a_plain_model) {
    for (std::uint32_t run = 0; run < 8; ++run) {
        std::mt19937 random{run};
        std::vector<Endpoint> initial;
        Model model;
        for (int i = 0; i < 200; ++i) {
            initial.push_back(random_endpoint(random));
            model.put(initial.back());
        }
        DirectoryPtr directory = Directory::from(initial);
        expect_same(*directory, model);
        const DirectoryPtr early = directory;
        const Model early_model = model;
        for (int step = 0; step < 1000; ++step) {
            const Endpoint endpoint = random_endpoint(random);
            directory = directory->with(endpoint);
            model.put(endpoint);
            if (step % 50 == 0) expect_same(*directory, model);
        }
        expect_same(*directory, model);
        expect_same(*early, early_model);
    }
}

// Ten thousand creations one after the other, each a snapshot of its own.
TEST(Directory, grows_one_by_one) {
    DirectoryPtr directory = Directory::from({});
    for (std::uint64_t number = 1; number <= 10'000; ++number) {
        directory = directory->with(example(number));
    }
    EXPECT_EQ(directory->size(), 10'000U);
    EXPECT_EQ(ids_of(directory->list(kApplication, Profile::native, 9'998, 10)),
              ids({9'999, 10'000}));
    EXPECT_EQ(directory->match(kApplication, "x").size(), 10'000U);
}

}  // namespace
}  // namespace posthaste
