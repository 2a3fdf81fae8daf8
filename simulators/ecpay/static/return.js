// Goes back to the shop by itself; the button does the same without script.
document.getElementById("return").submit();
