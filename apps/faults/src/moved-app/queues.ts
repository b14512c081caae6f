export default { post: {}, patient: { concurrency: 10 }, money: {} };
