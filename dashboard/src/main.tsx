import './styles';
import { createRoot } from 'react-dom/client';
import { App } from './App';
import { Frame } from './Frame';

createRoot(document.getElementById('root')!).render(
    <Frame>
        <App />
    </Frame>,
);
