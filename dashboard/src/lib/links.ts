// The addresses of the dashboard's pages.

import type { Delivery } from '../api/types';

const segment = encodeURIComponent;

export const hrefOfDelivery = (row: Pick<Delivery, 'msgId' | 'endpointId'>): string =>
    `/dashboard/deliveries/${segment(row.msgId)}/${segment(row.endpointId)}`;
export const hrefOfEndpoint = (id: string): string => `/dashboard/endpoints/${segment(id)}`;
