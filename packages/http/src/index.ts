export { basicAuth, type BasicAuthOptions } from './basic-auth.ts';
export { bearerAuth } from './bearer-auth.ts';
export { sendProblem, type Middleware, type Problem } from './problem.ts';
export { sameOriginOnly } from './same-origin.ts';
export { securityHeaders } from './security-headers.ts';
export { createSite, type Mount } from './site.ts';
export { createDashboard, type DashboardOptions } from './dashboard.ts';
