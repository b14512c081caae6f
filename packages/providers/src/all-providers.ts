// Generated from the files of this folder: `npm run check` fails when it is stale. Do not edit.
import adyen from './providers/adyen.ts';
import adyenPlatform from './providers/adyen-platform.ts';
import asana from './providers/asana.ts';
import awsSns from './providers/aws-sns.ts';
import bitbucket from './providers/bitbucket.ts';
import box from './providers/box.ts';
import braintree from './providers/braintree.ts';
import discord from './providers/discord.ts';
import docusign from './providers/docusign.ts';
import dropbox from './providers/dropbox.ts';
import github from './providers/github.ts';
import gitlab from './providers/gitlab.ts';
import googlePubsub from './providers/google-pubsub.ts';
import hubspot from './providers/hubspot.ts';
import intercom from './providers/intercom.ts';
import jira from './providers/jira.ts';
import mailgun from './providers/mailgun.ts';
import mercadoPago from './providers/mercado-pago.ts';
import meta from './providers/meta.ts';
import microsoftGraph from './providers/microsoft-graph.ts';
import mollie from './providers/mollie.ts';
import paypal from './providers/paypal.ts';
import sendgrid from './providers/sendgrid.ts';
import shopify from './providers/shopify.ts';
import slack from './providers/slack.ts';
import square from './providers/square.ts';
import standardWebhooks from './providers/standard-webhooks.ts';
import stripe from './providers/stripe.ts';
import svix from './providers/svix.ts';
import twilio from './providers/twilio.ts';
import twitch from './providers/twitch.ts';
import x from './providers/x.ts';
import xero from './providers/xero.ts';
import zoom from './providers/zoom.ts';

export { adyen } from './providers/adyen.ts';
export { adyenPlatform } from './providers/adyen-platform.ts';
export { asana } from './providers/asana.ts';
export { awsSns } from './providers/aws-sns.ts';
export { bitbucket } from './providers/bitbucket.ts';
export { box } from './providers/box.ts';
export { braintree } from './providers/braintree.ts';
export { discord } from './providers/discord.ts';
export { docusign } from './providers/docusign.ts';
export { dropbox } from './providers/dropbox.ts';
export { github } from './providers/github.ts';
export { gitlab } from './providers/gitlab.ts';
export { googlePubsub } from './providers/google-pubsub.ts';
export { hubspot } from './providers/hubspot.ts';
export { intercom } from './providers/intercom.ts';
export { jira } from './providers/jira.ts';
export { mailgun } from './providers/mailgun.ts';
export { mercadoPago } from './providers/mercado-pago.ts';
export { meta } from './providers/meta.ts';
export { microsoftGraph } from './providers/microsoft-graph.ts';
export { mollie } from './providers/mollie.ts';
export { paypal } from './providers/paypal.ts';
export { sendgrid } from './providers/sendgrid.ts';
export { shopify } from './providers/shopify.ts';
export { slack } from './providers/slack.ts';
export { square } from './providers/square.ts';
export { standardWebhooks } from './providers/standard-webhooks.ts';
export { stripe } from './providers/stripe.ts';
export { svix } from './providers/svix.ts';
export { twilio } from './providers/twilio.ts';
export { twitch } from './providers/twitch.ts';
export { x } from './providers/x.ts';
export { xero } from './providers/xero.ts';
export { zoom } from './providers/zoom.ts';

export const allProviders = [
  adyen,
  adyenPlatform,
  asana,
  awsSns,
  bitbucket,
  box,
  braintree,
  discord,
  docusign,
  dropbox,
  github,
  gitlab,
  googlePubsub,
  hubspot,
  intercom,
  jira,
  mailgun,
  mercadoPago,
  meta,
  microsoftGraph,
  mollie,
  paypal,
  sendgrid,
  shopify,
  slack,
  square,
  standardWebhooks,
  stripe,
  svix,
  twilio,
  twitch,
  x,
  xero,
  zoom,
] as const;
