const HOOK = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32" fill="none" stroke="#0f766e" stroke-width="3"
  stroke-linecap="round" stroke-linejoin="round"><circle cx="21" cy="5" r="3"/><path d="M21 8v13a7.5 7.5 0 0 1-15 0v-6l5 5"/></svg>`;

/** A fish hook, as an address that needs no request. */
export const LOGO = `data:image/svg+xml,${encodeURIComponent(HOOK)}`;
