import { Button, type ButtonProps } from '@mantine/core';
import { type Right, useAccess } from '../session/access';

interface Props extends ButtonProps {
    needs: Right;
    // The route wants a login even when everybody may read.
    isNative?: boolean;
    onClick: () => void;
}

// A button for those who may do what it does; for the others it is disabled and says why.
export function Action({ needs, isNative = false, disabled, ...rest }: Props) {
    const access = useAccess(needs, isNative);
    return <Button size="xs" {...rest} disabled={disabled || !access.isAllowed} title={access.reason} />;
}
