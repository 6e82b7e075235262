#pragma once

// The rows that one group commit adds to the log and takes from it, gathered one by one and written by a statement for each
// table: arrays that PostgreSQL unnests. Writer thread only.

#include <cstdint>
#include <vector>

#include "domain/sealing_cipher.h"
#include "ports/store.h"
#include "store/common/sealer.h"
#include "store/postgres/pg_connection.h"
#include "store/postgres/pg_delivery.h"
#include "store/postgres/pg_values.h"

namespace posthaste {

// Seals with the key of one partition; `cipher` null: nothing is sealed.
struct PgPayloadSealer {
    SealingCipher* cipher = nullptr;
    Sealer* sealer = nullptr;

    [[nodiscard]] std::string seal(std::string_view text, const SealedPlace& place) const;
};

class PgLogGroup {
public:
    PgLogGroup();

    void add_event(const Event& event, const PgPayloadSealer& sealer);
    void add_attempt(const DeliveryUpdate& update, DeliveryState state_after,
                     const PgPayloadSealer& sealer);
    // What has changed of a delivery's rows. An attempt is added beside.
    void change(EventId event, EndpointId endpoint, const PgDelivery& before,
                const PgDelivery& after, Timestamp now);

    [[nodiscard]] bool is_empty() const;
    // Appends the statements, each one once. The group is spent.
    void take(std::vector<PgStatement>& statements);

private:
    void add_answer(const DeliveryUpdate& update, const PgPayloadSealer& sealer);
    void add_parked(EventId event, EndpointId endpoint, const ParkedState& row);

    PgColumns events_, attempts_, parked_, unparked_, deliveries_;
};

}  // namespace posthaste
