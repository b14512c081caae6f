// Generated from the files of this folder: `npm run check` fails when it is stale. Do not edit.
import adyen from './providers/adyen.ts';
import adyenPlatform from './providers/adyen-platform.ts';
import aftership from './providers/aftership.ts';
import airtable from './providers/airtable.ts';
import asana from './providers/asana.ts';
import ashby from './providers/ashby.ts';
import awsSns from './providers/aws-sns.ts';
import bitbucket from './providers/bitbucket.ts';
import box from './providers/box.ts';
import braintree from './providers/braintree.ts';
import buildkite from './providers/buildkite.ts';
import calCom from './providers/cal-com.ts';
import calendly from './providers/calendly.ts';
import checkout from './providers/checkout.ts';
import circleci from './providers/circleci.ts';
import clerk from './providers/clerk.ts';
import clickup from './providers/clickup.ts';
import cloudflare from './providers/cloudflare.ts';
import coinbaseCommerce from './providers/coinbase-commerce.ts';
import customerIo from './providers/customer-io.ts';
import discord from './providers/discord.ts';
import docusign from './providers/docusign.ts';
import dropbox from './providers/dropbox.ts';
import dwolla from './providers/dwolla.ts';
import elevenlabs from './providers/elevenlabs.ts';
import figma from './providers/figma.ts';
import front from './providers/front.ts';
import github from './providers/github.ts';
import gitlab from './providers/gitlab.ts';
import gocardless from './providers/gocardless.ts';
import googlePubsub from './providers/google-pubsub.ts';
import greenhouse from './providers/greenhouse.ts';
import helpScout from './providers/help-scout.ts';
import heroku from './providers/heroku.ts';
import hubspot from './providers/hubspot.ts';
import intercom from './providers/intercom.ts';
import jira from './providers/jira.ts';
import launchdarkly from './providers/launchdarkly.ts';
import lemonSqueezy from './providers/lemon-squeezy.ts';
import line from './providers/line.ts';
import linear from './providers/linear.ts';
import mailgun from './providers/mailgun.ts';
import mercadoPago from './providers/mercado-pago.ts';
import meta from './providers/meta.ts';
import microsoftGraph from './providers/microsoft-graph.ts';
import mollie from './providers/mollie.ts';
import mux from './providers/mux.ts';
import notion from './providers/notion.ts';
import onfido from './providers/onfido.ts';
import openai from './providers/openai.ts';
import paddle from './providers/paddle.ts';
import pagerduty from './providers/pagerduty.ts';
import paypal from './providers/paypal.ts';
import persona from './providers/persona.ts';
import razorpay from './providers/razorpay.ts';
import recurly from './providers/recurly.ts';
import render from './providers/render.ts';
import replicate from './providers/replicate.ts';
import resend from './providers/resend.ts';
import sendgrid from './providers/sendgrid.ts';
import sentry from './providers/sentry.ts';
import shopify from './providers/shopify.ts';
import slack from './providers/slack.ts';
import square from './providers/square.ts';
import standardWebhooks from './providers/standard-webhooks.ts';
import stripe from './providers/stripe.ts';
import svix from './providers/svix.ts';
import terraformCloud from './providers/terraform-cloud.ts';
import trello from './providers/trello.ts';
import twilio from './providers/twilio.ts';
import twitch from './providers/twitch.ts';
import typeform from './providers/typeform.ts';
import vercel from './providers/vercel.ts';
import webflow from './providers/webflow.ts';
import woocommerce from './providers/woocommerce.ts';
import workos from './providers/workos.ts';
import x from './providers/x.ts';
import xero from './providers/xero.ts';
import zendesk from './providers/zendesk.ts';
import zoom from './providers/zoom.ts';

export { adyen } from './providers/adyen.ts';
export { adyenPlatform } from './providers/adyen-platform.ts';
export { aftership } from './providers/aftership.ts';
export { airtable } from './providers/airtable.ts';
export { asana } from './providers/asana.ts';
export { ashby } from './providers/ashby.ts';
export { awsSns } from './providers/aws-sns.ts';
export { bitbucket } from './providers/bitbucket.ts';
export { box } from './providers/box.ts';
export { braintree } from './providers/braintree.ts';
export { buildkite } from './providers/buildkite.ts';
export { calCom } from './providers/cal-com.ts';
export { calendly } from './providers/calendly.ts';
export { checkout } from './providers/checkout.ts';
export { circleci } from './providers/circleci.ts';
export { clerk } from './providers/clerk.ts';
export { clickup } from './providers/clickup.ts';
export { cloudflare } from './providers/cloudflare.ts';
export { coinbaseCommerce } from './providers/coinbase-commerce.ts';
export { customerIo } from './providers/customer-io.ts';
export { discord } from './providers/discord.ts';
export { docusign } from './providers/docusign.ts';
export { dropbox } from './providers/dropbox.ts';
export { dwolla } from './providers/dwolla.ts';
export { elevenlabs } from './providers/elevenlabs.ts';
export { figma } from './providers/figma.ts';
export { front } from './providers/front.ts';
export { github } from './providers/github.ts';
export { gitlab } from './providers/gitlab.ts';
export { gocardless } from './providers/gocardless.ts';
export { googlePubsub } from './providers/google-pubsub.ts';
export { greenhouse } from './providers/greenhouse.ts';
export { helpScout } from './providers/help-scout.ts';
export { heroku } from './providers/heroku.ts';
export { hubspot } from './providers/hubspot.ts';
export { intercom } from './providers/intercom.ts';
export { jira } from './providers/jira.ts';
export { launchdarkly } from './providers/launchdarkly.ts';
export { lemonSqueezy } from './providers/lemon-squeezy.ts';
export { line } from './providers/line.ts';
export { linear } from './providers/linear.ts';
export { mailgun } from './providers/mailgun.ts';
export { mercadoPago } from './providers/mercado-pago.ts';
export { meta } from './providers/meta.ts';
export { microsoftGraph } from './providers/microsoft-graph.ts';
export { mollie } from './providers/mollie.ts';
export { mux } from './providers/mux.ts';
export { notion } from './providers/notion.ts';
export { onfido } from './providers/onfido.ts';
export { openai } from './providers/openai.ts';
export { paddle } from './providers/paddle.ts';
export { pagerduty } from './providers/pagerduty.ts';
export { paypal } from './providers/paypal.ts';
export { persona } from './providers/persona.ts';
export { razorpay } from './providers/razorpay.ts';
export { recurly } from './providers/recurly.ts';
export { render } from './providers/render.ts';
export { replicate } from './providers/replicate.ts';
export { resend } from './providers/resend.ts';
export { sendgrid } from './providers/sendgrid.ts';
export { sentry } from './providers/sentry.ts';
export { shopify } from './providers/shopify.ts';
export { slack } from './providers/slack.ts';
export { square } from './providers/square.ts';
export { standardWebhooks } from './providers/standard-webhooks.ts';
export { stripe } from './providers/stripe.ts';
export { svix } from './providers/svix.ts';
export { terraformCloud } from './providers/terraform-cloud.ts';
export { trello } from './providers/trello.ts';
export { twilio } from './providers/twilio.ts';
export { twitch } from './providers/twitch.ts';
export { typeform } from './providers/typeform.ts';
export { vercel } from './providers/vercel.ts';
export { webflow } from './providers/webflow.ts';
export { woocommerce } from './providers/woocommerce.ts';
export { workos } from './providers/workos.ts';
export { x } from './providers/x.ts';
export { xero } from './providers/xero.ts';
export { zendesk } from './providers/zendesk.ts';
export { zoom } from './providers/zoom.ts';

export const allProviders = [
  adyen,
  adyenPlatform,
  aftership,
  airtable,
  asana,
  ashby,
  awsSns,
  bitbucket,
  box,
  braintree,
  buildkite,
  calCom,
  calendly,
  checkout,
  circleci,
  clerk,
  clickup,
  cloudflare,
  coinbaseCommerce,
  customerIo,
  discord,
  docusign,
  dropbox,
  dwolla,
  elevenlabs,
  figma,
  front,
  github,
  gitlab,
  gocardless,
  googlePubsub,
  greenhouse,
  helpScout,
  heroku,
  hubspot,
  intercom,
  jira,
  launchdarkly,
  lemonSqueezy,
  line,
  linear,
  mailgun,
  mercadoPago,
  meta,
  microsoftGraph,
  mollie,
  mux,
  notion,
  onfido,
  openai,
  paddle,
  pagerduty,
  paypal,
  persona,
  razorpay,
  recurly,
  render,
  replicate,
  resend,
  sendgrid,
  sentry,
  shopify,
  slack,
  square,
  standardWebhooks,
  stripe,
  svix,
  terraformCloud,
  trello,
  twilio,
  twitch,
  typeform,
  vercel,
  webflow,
  woocommerce,
  workos,
  x,
  xero,
  zendesk,
  zoom,
] as const;
