import './styles';
import { createRoot } from 'react-dom/client';
import { Frame } from './Frame';
import { Portal } from './portal/Portal';

createRoot(document.getElementById('root')!).render(
    <Frame>
        <Portal />
    </Frame>,
);
