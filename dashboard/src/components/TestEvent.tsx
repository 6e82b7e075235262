import { Button, Group, NativeSelect, Stack, Textarea, TextInput } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { useLocation } from 'wouter';
import { endpoints } from '../api/routes';
import type { EndpointRow } from '../api/types';
import { parseObject, pretty } from '../lib/json';
import { useAccess } from '../session/access';
import { sendTestEvent } from '../lib/test_event';
import { Dialog } from './Dialog';
import { useNotice } from './Notices';
import { ErrorNote } from './States';

const NEW = 'new';
const SAMPLE = pretty({ event: 'test.event', data: { hello: 'world' } });
const CHOICES_MAX = 100;

interface Props {
    // Preset: the event goes to this one.
    endpoint?: EndpointRow;
    onClose: () => void;
}

// Sends an event to an endpoint that is there, or to a URL for which one is made.
export function TestEvent({ endpoint, onClose }: Props) {
    const list = useQuery({ queryKey: ['endpoints', 'choices'], queryFn: ({ signal }) => endpoints({}, null, signal, CHOICES_MAX), enabled: !endpoint });
    const access = useAccess('manage');
    const [chosen, setChosen] = useState<string | null>(null);
    const [, navigate] = useLocation();
    const queries = useQueryClient();
    const notice = useNotice();
    const rows = endpoint ? [endpoint] : (list.data?.data ?? []).filter(({ isActive }) => isActive);
    const value = chosen ?? rows[0]?.id ?? NEW;
    const send = useMutation({
        mutationFn: (form: Record<string, string>) => {
            const payload = parseObject(form.payload ?? '');
            const target = rows.find(({ id }) => id === value) ?? { url: form.url ?? '' };
            return sendTestEvent(target, payload);
        },
        onSuccess: async () => {
            notice.done('Sent. Watch it arrive here.');
            await queries.invalidateQueries({ queryKey: ['deliveries'] });
            onClose();
            if (!endpoint) navigate('/dashboard/deliveries');
        },
    });
    const submit = (event: FormEvent<HTMLFormElement>) => {
        event.preventDefault();
        send.mutate(Object.fromEntries(new FormData(event.currentTarget)) as Record<string, string>);
    };
    return (
        <Dialog title="Send a test event" onClose={onClose}>
            <form onSubmit={submit}>
                <Stack>
                    {!endpoint && (
                        <NativeSelect label="To" value={value} onChange={(event) => setChosen(event.target.value)}
                            data={[...rows.map(({ id, name, url }) => ({ value: id, label: name ? `${name}: ${url}` : url })), { value: NEW, label: 'A new URL…' }]} />
                    )}
                    {value === NEW && (
                        <TextInput label="URL" name="url" type="url" required placeholder="http://localhost:9000/webhook"
                            description="A subscription is made for it. Start a receiver with: posthaste listen --port 9000" />
                    )}
                    <Textarea label="Payload" name="payload" defaultValue={SAMPLE} rows={7} spellCheck={false} classNames={{ input: 'mono' }} />
                    {send.error && <ErrorNote error={send.error} />}
                    <Group justify="flex-end">
                        {!access.isAllowed && <span className="muted">{access.reason}</span>}
                        <Button variant="default" onClick={onClose}>Cancel</Button>
                        <Button type="submit" loading={send.isPending} disabled={!access.isAllowed}>Send</Button>
                    </Group>
                </Stack>
            </form>
        </Dialog>
    );
}
