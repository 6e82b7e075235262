// Calls `run` when asked to: at once, and once more a pause later, because what is told may be seen a moment after it was told. In
// between it is not called, however often it is asked.
export function refreshAtMost(pause: number, run: () => void): { ask: () => void; stop: () => void } {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let isAsked = false;
    const go = (isAgain: boolean) => {
        run();
        timer = setTimeout(() => {
            timer = undefined;
            if (isAsked) {
                isAsked = false;
                go(true);
            } else if (isAgain) {
                go(false);
            }
        }, pause);
    };
    return {
        ask: () => {
            if (timer === undefined) go(true);
            else isAsked = true;
        },
        stop: () => clearTimeout(timer),
    };
}
