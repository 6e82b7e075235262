import 'uplot/dist/uPlot.min.css';
import { useComputedColorScheme } from '@mantine/core';
import { useEffect, useRef } from 'react';
import uPlot from 'uplot';

export interface Series {
    label: string;
    // The name of a CSS variable: the colours of both schemes are in the style sheet.
    colour: string;
    values: (number | null)[];
}

interface Props {
    // Seconds since 1970.
    times: number[];
    series: Series[];
    // What the chart says, for those who do not see it.
    description: string;
    unit?: string;
}

const HEIGHT = 220;

const clockFormat = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' });
const clock = (seconds: number) => clockFormat.format(seconds * 1000);

// The colour that a variable has now, as text that a canvas understands.
function resolve(element: HTMLElement, variable: string): string {
    const probe = document.createElement('span');
    probe.style.color = `var(${variable})`;
    element.append(probe);
    const { color } = getComputedStyle(probe);
    probe.remove();
    return color;
}

export function Chart({ times, series, description, unit = '' }: Props) {
    const place = useRef<HTMLDivElement>(null);
    const scheme = useComputedColorScheme();
    useEffect(() => {
        const element = place.current;
        if (!element) return;
        const soft = resolve(element, '--soft');
        const axis: uPlot.Axis = { stroke: soft, grid: { stroke: resolve(element, '--border'), width: 1 }, ticks: { show: false }, font: '12px system-ui' };
        const plot = new uPlot(
            {
                width: element.clientWidth,
                height: HEIGHT,
                legend: { show: false },
                cursor: { drag: { x: false, y: false } },
                scales: { y: { range: (_plot, _low, high) => [0, Math.max(high * 1.1, 1)] } },
                axes: [{ ...axis, values: (_plot, ticks) => ticks.map(clock) }, { ...axis, size: 56, values: (_plot, ticks) => ticks.map((tick) => `${Number(tick.toFixed(2))}${unit}`) }],
                series: [{}, ...series.map(({ label, colour }) => {
                    const stroke = resolve(element, colour);
                    return { label, stroke, width: 2, points: { show: true, size: 4, fill: stroke } } satisfies uPlot.Series;
                })],
            },
            [times, ...series.map(({ values }) => values)],
            element,
        );
        const resized = new ResizeObserver(() => plot.setSize({ width: element.clientWidth, height: HEIGHT }));
        resized.observe(element);
        return () => {
            resized.disconnect();
            plot.destroy();
        };
    }, [times, series, scheme, unit]);
    return <div ref={place} className="chart" role="img" aria-label={description} />;
}
