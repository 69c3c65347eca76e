// Sonomètre 1, sound level meter of a street. Port 20, 7 bytes, big-endian:
//
//   0    message type, 2
//   1-2  LAeq of the last 15 minutes, tenths of a dB(A); 0xFFFF: none
//   3-4  LAFmax of the same, tenths of a dB(A); 0xFFFF: none
//   5    LA90 of the same, steps of 0.5 dB(A)
//   6    battery, steps of 20 mV
function decodeUplink(input) {
  var b = input.bytes;
  if (input.fPort !== 20 || b.length !== 7 || b[0] !== 2) {
    return { errors: ["sonometre: expected 7 bytes of type 2 on port 20, got " + b.length] };
  }
  function level(at) {
    var word = (b[at] << 8) | b[at + 1];
    return word === 0xffff ? null : word / 10;
  }
  return {
    data: {
      noise: { laeq: level(1), lafmax: level(3), la90: b[5] / 2 },
      battery: (b[6] * 20) / 1000,
    },
  };
}
