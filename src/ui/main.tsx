import '@fontsource-variable/inter/wght.css';
import '@fontsource-variable/jetbrains-mono/wght.css';
import './app.css';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { defined } from '../base/assert.ts';
import { startApp } from '../state/start.ts';
import { WhittleApp } from './App.tsx';
import { browserPlatform } from './platform.ts';
import { browserWorkers } from './workers.ts';

const app = startApp(browserWorkers, browserPlatform);
void app.start();

createRoot(defined(document.getElementById('root'), 'the root element')).render(
  <StrictMode>
    <WhittleApp app={app} />
  </StrictMode>,
);
