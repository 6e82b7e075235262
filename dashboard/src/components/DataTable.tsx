import { Table } from '@mantine/core';
import type { ReactNode } from 'react';

export interface Column<T> {
    // Of the last column, which has the buttons: its title is for those who do not see it.
    title: string;
    cell: (row: T) => ReactNode;
    className?: string;
}

interface Props<T> {
    label: string;
    rows: T[];
    keyOf: (row: T) => string;
    columns: Column<T>[];
}

// A table of which each column says what it shows of a row.
export function DataTable<T>({ label, rows, keyOf, columns }: Props<T>) {
    return (
        <Table.ScrollContainer minWidth={640}>
            <Table className="data" aria-label={label}>
                <Table.Thead>
                    <Table.Tr>
                        {columns.map(({ title, className = '' }) => (
                            <Table.Th key={title} className={className}>
                                {className === 'actions' ? <span className="hidden-text">{title}</span> : title}
                            </Table.Th>
                        ))}
                    </Table.Tr>
                </Table.Thead>
                <Table.Tbody>
                    {rows.map((row) => (
                        <Table.Tr key={keyOf(row)}>
                            {columns.map(({ title, cell, className = '' }) => <Table.Td key={title} className={className}>{cell(row)}</Table.Td>)}
                        </Table.Tr>
                    ))}
                </Table.Tbody>
            </Table>
        </Table.ScrollContainer>
    );
}
