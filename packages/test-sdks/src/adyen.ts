import module from '@adyen/api-library/lib/src/utils/hmacValidator.js';

export const HmacValidator = module.default;
