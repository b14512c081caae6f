export default { slow: { concurrency: 20 }, poison: { concurrency: 5 }, fourfold: { concurrency: 10 } };
