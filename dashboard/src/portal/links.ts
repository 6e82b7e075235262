// The addresses of the portal's pages.

import type { Delivery } from '../api/types';

const segment = encodeURIComponent;

export const hrefOfDelivery = (row: Pick<Delivery, 'msgId' | 'endpointId'>): string =>
    `/portal/deliveries/${segment(row.msgId)}/${segment(row.endpointId)}`;
export const hrefOfEndpoint = (id: string): string => `/portal/endpoints/${segment(id)}`;
