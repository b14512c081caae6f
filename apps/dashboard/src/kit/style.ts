import { html } from './html.ts';

export const STYLE = html`<style>
  :root {
    color-scheme: light dark;
    font-family: system-ui, sans-serif;
  }
  body {
    margin: 1.5rem auto;
    max-width: 70rem;
    padding: 0 1rem;
  }
  header {
    display: flex;
    align-items: baseline;
    gap: 1.5rem;
  }
  section {
    overflow-x: auto;
  }
  table {
    border-collapse: collapse;
  }
  th,
  td {
    text-align: left;
    vertical-align: top;
    padding: 0.3rem 1.2rem 0.3rem 0;
    border-bottom: 1px solid #8886;
  }
  td span {
    display: inline-block;
    margin-right: 0.8rem;
  }
  [role='alert'] {
    border-left: 4px solid #d97706;
    padding: 0.2rem 1rem;
  }
  .well {
    border-left: 4px solid #0f766e;
    padding: 0.2rem 1rem;
  }
</style>`;
