// Jauge 1, ultrasonic fill gauge of a waste container. Port 10, 7 bytes, big-endian:
//
//   0    message type, 1
//   1-2  distance to the waste, mm; 0xFFFF: no echo
//   3-4  fill level, tenths of a percent of the useful height; 0xFFFF: no echo
//   5    battery, steps of 20 mV
//   6    temperature, °C, signed
function decodeUplink(input) {
  var b = input.bytes;
  if (input.fPort !== 10 || b.length !== 7 || b[0] !== 1) {
    return { errors: ["jauge: expected 7 bytes of type 1 on port 10, got " + b.length] };
  }
  function measured(at, scale) {
    var word = (b[at] << 8) | b[at + 1];
    return word === 0xffff ? null : word / scale;
  }
  return {
    data: {
      distance: measured(1, 1),
      fill_level: measured(3, 10),
      battery: (b[5] * 20) / 1000,
      temperature: b[6] > 127 ? b[6] - 256 : b[6],
    },
  };
}
